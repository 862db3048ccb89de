//! What the server promises its clients.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{client::Client, game::Game};

fn step(frame: &Value) -> u64 {
    frame["step"].as_u64().unwrap()
}

#[test]
fn the_page_is_served_with_everything_that_it_asks_for() {
    let game = Game::start();
    let get = |path: &str| game.get(path, &[("Host", &game.host())]);
    let page = get("/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("content-security-policy: default-src 'none'"), "{page}");
    for path in ["/style.css", "/live.js", "/controls.js", "/panels.js", "/plot.js"] {
        let file = get(path);
        let kind = if path.ends_with("css") { "content-type: text/css" } else { "content-type: text/javascript" };
        assert!(file.starts_with("HTTP/1.1 200") && file.contains(kind), "{path}: {file}");
        let asked_for = page.contains(path) || get("/live.js").contains(path) || get("/panels.js").contains(path);
        assert!(asked_for, "{path}");
    }
    assert!(get("/nothing").starts_with("HTTP/1.1 404"));
    assert!(!page.contains("://"), "the page names another place: {page}");
}

#[test]
fn pages_of_other_places_are_turned_away() {
    let game = Game::start();
    let own = game.host();
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let rebound = [("Host", "evil.example")];
    let foreign = [("Host", own.as_str()), ("Origin", "http://evil.example")];
    for headers in [&rebound[..], &foreign[..], &[]] {
        for path in ["/", "/play"] {
            let answer = game.get(path, &[headers, &upgrade[..]].concat());
            assert!(
                answer.starts_with("HTTP/1.1 403") || headers.is_empty() && answer.starts_with("HTTP/1.1 400"),
                "{answer}"
            );
        }
    }
    Client::join(&game).until("frame");
}

#[test]
fn what_one_client_does_every_client_sees() {
    let game = Game::start();
    let (mut one, mut other) = (Client::join(&game), Client::join(&game));
    assert_eq!(other.until("scene")["settings"]["objective"], "non-saturating");
    assert_eq!(step(&other.until("frame")), 0);

    one.say(&json!({ "do": "step" }));
    other.until_frame(|frame| step(frame) == 1 && frame["playing"] == false);
    one.say(&json!({ "do": "start" }));
    other.until_frame(|frame| step(frame) >= 5 && frame["playing"] == true);
    one.set(json!({ "objective": "minimax", "n_critic": 1 }));
    let scene = other.until("scene");
    assert_eq!((&scene["settings"]["objective"], &scene["settings"]["n_critic"]), (&json!("minimax"), &json!(1)));
    assert!(step(&other.until("frame")) >= 5, "the networks stay");
    other.say(&json!({ "do": "pause" }));
    one.until_frame(|frame| step(frame) >= 5 && frame["playing"] == false);
    other.set(json!({ "density": "ring", "objective": "hinge" }));
    // those of before are still under way to it
    while one.until("scene")["dimensions"] != 2 {}
    assert_eq!(step(&one.until("frame")), 0);
    one.say(&json!({ "do": "step" }));
    one.until_frame(|frame| step(frame) == 1);
    one.say(&json!({ "do": "reset" }));
    other.until_frame(|frame| step(frame) == 0 && frame["q"].as_array().unwrap().len() == 48 * 48);
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason_and_the_game_goes_on() {
    let game = Game::start();
    let (mut client, mut other) = (Client::join(&game), Client::join(&game));
    client.say(&json!({ "do": "start" }));
    let settings = [
        (json!({ "density": "rings" }), "did you mean 'ring'?"),
        (json!({ "objective": "minmax" }), "did you mean 'minimax'?"),
        (json!({ "penalty": "r1:-1" }), "expected a positive number"),
        (json!({ "batch": 100_000_000 }), "batch: expected a whole number from 2 to 1024"),
        (json!({ "n_critic": 0 }), "n_critic: expected a whole number from 1"),
        (json!({ "rate_g": -1.0 }), "rate_g: expected a number from 0"),
        (json!({ "rate_d": null }), "not understood"),
        (json!({ "seed": 1.5 }), "not understood"),
        (json!({ "batches": 3 }), "unknown field `batches`"),
    ];
    for (settings, reason) in settings {
        client.set(settings.clone());
        let refused = client.until("refused");
        assert!(refused.as_str().unwrap().contains(reason), "{settings}: {refused}");
    }
    for text in ["", "{", "[]", r#"{"do": "explode"}"#, r#"{"do": "set"}"#, "\u{0}\u{1}"] {
        client.say_text(text);
        assert!(client.until("refused").as_str().unwrap().starts_with("not understood"), "{text}");
    }
    let now = step(&client.until("frame"));
    client.until_frame(|frame| step(frame) > now + 3);
    // the other was told nothing but scenes and frames
    for _ in 0..10 {
        assert_eq!(other.next().unwrap().get("refused"), None);
        other.say(&json!({ "do": "seen" }));
    }
}

#[test]
fn twenty_clients_see_the_game_while_others_stall_and_vanish() {
    const CLIENTS: usize = 20;
    const WATCHED: Duration = Duration::from_secs(3);
    let game = Game::start();
    let mut host = Client::join(&game);
    host.set(json!({ "density": "ring", "batch": 256 }));
    host.say(&json!({ "do": "start" }));
    // these never read: one takes its frames' credit and no more, one asks for more and leaves them on the line
    let stalled = Client::join(&game);
    let mut clogged = Client::join(&game);
    (0..200).for_each(|_| clogged.say(&json!({ "do": "seen" })));
    let seen: Vec<(usize, u64)> = std::thread::scope(|scope| {
        let watchers: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let game = &game;
                scope.spawn(move || {
                    let mut client = Client::join(game);
                    let (started, mut frames, mut last) = (Instant::now(), 0, 0);
                    while started.elapsed() < WATCHED {
                        if number == 0 && frames % 5 == 0 {
                            // one more that comes and goes, now and then in the middle of a word
                            let mut rude = game.connect();
                            std::io::Write::write_all(&mut rude, b"GET /play HTTP/1.1\r\nHost: 127.0.").unwrap();
                            drop(Client::join(game));
                        }
                        last = step(&client.until("frame"));
                        frames += 1;
                    }
                    (frames, last)
                })
            })
            .collect();
        watchers.into_iter().map(|watcher| watcher.join().unwrap()).collect()
    });
    let fewest = seen.iter().map(|(frames, _)| *frames).min().unwrap();
    let (oldest, newest) =
        (seen.iter().map(|(_, last)| *last).min().unwrap(), seen.iter().map(|(_, last)| *last).max().unwrap());
    println!("20 clients: at least {:.1} frames a second each; last steps {oldest}..{newest}", fewest as f64 / 3.0);
    assert!(fewest >= 15, "{seen:?}");
    assert!(newest - oldest <= 10, "some see an old game: {seen:?}");
    drop((stalled, clogged));
}

#[test]
fn there_is_a_last_seat_and_whoever_leaves_frees_one() {
    let game = Game::start();
    let mut seated: Vec<Client> = (0..64).map(|_| Client::join(&game)).collect();
    let full = || {
        let address = format!("ws://{}/play", game.host());
        tungstenite::client::client(address, game.connect()).is_err()
    };
    assert!(full());
    seated.pop();
    let deadline = Instant::now() + Duration::from_secs(10);
    while full() {
        assert!(Instant::now() < deadline, "a seat that was left stays taken");
        std::thread::sleep(Duration::from_millis(20));
    }
    seated.iter_mut().for_each(|client| drop(client.until("frame")));
}

#[test]
fn ctrl_c_says_goodbye_to_everyone_and_is_a_good_end() {
    let game = Game::start();
    let mut clients = [Client::join(&game), Client::join(&game)];
    clients[0].say(&json!({ "do": "start" }));
    clients.iter_mut().for_each(|client| drop(client.until("frame")));
    let stalled = Client::join(&game);
    assert_eq!(game.interrupt(), Some(0));
    for mut client in clients {
        while client.next().is_some() {}
    }
    drop(stalled);
}

#[test]
fn a_port_that_is_taken_is_named_and_the_usual_one_has_a_substitute() {
    let game = Game::start();
    let line = format!("lab --live --port {}", game.port);
    let taken = std::process::Command::new(env!("CARGO_BIN_EXE_ganymede")).args(line.split(' ')).output().unwrap();
    let said = String::from_utf8(taken.stderr).unwrap();
    assert_eq!(taken.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("cannot listen on 127.0.0.1:{}", game.port)) && said.contains("--port"), "{said}");
}

/// A figure of the documentation: run it alone, `cargo nextest run --release --workspace --run-ignored only thirty_updates`.
#[test]
#[ignore = "measures speed, for which the machine must be idle"]
fn a_game_in_the_plane_of_batch_256_has_thirty_updates_a_second() {
    const SECONDS: u64 = 5;
    let game = Game::start();
    let mut client = Client::join(&game);
    client.set(json!({ "density": "ring", "batch": 256 }));
    client.say(&json!({ "do": "start" }));
    let first = step(&client.until_frame(|frame| step(frame) >= 30));
    let (started, mut frames, mut last) = (Instant::now(), 0, first);
    while started.elapsed() < Duration::from_secs(SECONDS) {
        last = step(&client.until("frame"));
        frames += 1;
    }
    let rate = f64::from(frames) / started.elapsed().as_secs_f64();
    println!(
        "{rate:.1} updates a second, {:.1} steps a second",
        (last - first) as f64 / started.elapsed().as_secs_f64()
    );
    assert!(rate >= 30.0, "{rate}");
}
