//! The page in a browser: what is clicked, typed and seen. Skips, saying so, where there is no browser.

use crate::{
    browser::{self, Browser},
    game::Game,
};

fn open(game: &Game) -> Option<Browser> {
    let mut browser = Browser::open(browser::installed()?, &format!("http://{}/", game.host()));
    browser.wait_for("document.readyState === 'complete' && document.getElementById('gap-mean').textContent !== '-'");
    Some(browser)
}

#[test]
fn started_with_the_generator_held_still_the_discriminator_is_seen_to_come_to_its_optimum() {
    let game = Game::start();
    let Some(mut page) = open(&game) else { return };
    let before = page.screenshot("start.png");
    page.fill("rate_g", "0");
    page.choose("generator", "affine");
    page.wait_for(
        "document.getElementById('rate_g').value === '0' && document.getElementById('generator').value === 'affine'",
    );
    page.fill("penalty", "none");
    let first = page.number("gap-mean");
    page.click("play");
    page.wait_for("document.getElementById('state').textContent === 'playing'");
    page.wait_for(
        "Number(document.getElementById('steps').textContent) >= 50 && \
         Number(document.getElementById('gap-mean').textContent) < 0.03",
    );
    let (mean, sup, steps) = (page.number("gap-mean"), page.number("gap-sup"), page.number("steps"));
    println!("|D - D*|: mean {first} at step 0; mean {mean}, largest {sup} at step {steps}");
    assert!(first > 0.1 && sup < 0.5, "{first}, {sup}");

    page.choose("objective", "minimax");
    page.wait_for("document.getElementById('objective-hint').textContent.includes('2 JSD')");
    assert!(page.number("steps") >= steps, "the networks stay");
    let after = page.screenshot("minimax.png");
    assert!(after.starts_with(b"\x89PNG") && after.len() > 20_000 && before != after, "{} bytes", after.len());
    assert_eq!(page.complaints, Vec::<String>::new());
}

#[test]
fn the_keyboard_is_enough() {
    let game = Game::start();
    let Some(mut page) = open(&game) else { return };
    for expected in ["", "play", "step", "reset"] {
        page.press("Tab");
        assert_eq!(page.evaluate("document.activeElement.id"), expected);
    }
    page.evaluate("document.activeElement.blur()");
    page.press("ArrowRight");
    page.wait_for("document.getElementById('steps').textContent === '1'");
    page.press(" ");
    page.wait_for("document.getElementById('state').textContent === 'playing'");
    page.press(" ");
    page.wait_for("document.getElementById('state').textContent === 'paused'");
    page.press("r");
    page.wait_for("document.getElementById('steps').textContent === '0'");
    assert_eq!(page.complaints, Vec::<String>::new());
}

#[test]
fn what_makes_no_sense_is_marked_and_explained_until_it_is_corrected() {
    let game = Game::start();
    let Some(mut page) = open(&game) else { return };
    page.fill("penalty", "r1:-1");
    page.wait_for("document.getElementById('message').textContent.includes('expected a positive number')");
    assert_eq!(page.evaluate("document.getElementById('penalty').getAttribute('aria-invalid')"), "true");
    page.screenshot("refused.png");
    page.fill("penalty", "r1:1");
    page.wait_for("document.getElementById('message').hidden");
    page.fill("batch", "many");
    page.wait_for("document.getElementById('message').textContent.includes('batch: expected a number')");
    assert_eq!(page.complaints, Vec::<String>::new());
}

#[test]
fn every_objective_is_drawn_in_light_and_dark_from_a_phone_to_a_desk() {
    let game = Game::start();
    let Some(mut page) = open(&game) else { return };
    page.choose("density", "ring");
    page.wait_for("document.body.classList.contains('plane')");
    page.click("play");
    let objectives =
        ["non-saturating", "minimax", "reverse-kl", "wasserstein", "least-squares", "hinge", "relativistic"];
    for (k, objective) in objectives.into_iter().enumerate() {
        page.choose("objective", objective);
        let steps = page.number("steps");
        page.wait_for(&format!(
            "document.getElementById('objective').value === '{objective}' && \
             Number(document.getElementById('steps').textContent.replaceAll(',', '')) >= {steps} + 10"
        ));
        assert_eq!(page.text("gap-mean") == "-", objective == "wasserstein", "{objective}");
        let (width, dark) = ([1280, 360, 800][k % 3], k % 2 == 1);
        page.look(width, 900, dark);
        let (wide, pixels) =
            (page.evaluate("document.documentElement.scrollWidth"), page.screenshot(&format!("{objective}.png")));
        assert!(wide.as_u64().is_some_and(|wide| wide <= width.into()), "{objective}: {wide} of {width}");
        assert!(pixels.len() > 20_000, "{objective}: {} bytes", pixels.len());
    }
    assert_eq!(page.complaints, Vec::<String>::new());
}
