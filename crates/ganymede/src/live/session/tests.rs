//! What a live game promises.

use super::{super::DENSITIES, *};
use crate::{Error, objectives::OBJECTIVES};

fn session(change: impl FnOnce(&mut Settings)) -> Session {
    let mut settings = Settings { batch: 64, ..Settings::default() };
    change(&mut settings);
    Session::new(settings).unwrap()
}

fn after(steps: u64, mut session: Session) -> (Session, Frame) {
    (0..steps).for_each(|_| session.step());
    let frame = session.frame().unwrap();
    (session, frame)
}

#[test]
fn two_games_of_one_seed_are_equal_and_of_two_seeds_are_not() {
    let frame = |seed| after(5, session(|s| s.seed = Seed(seed))).1;
    assert_eq!(frame(1), frame(1));
    assert_ne!(frame(1).q, frame(2).q);
}

#[test]
fn looking_changes_nothing() {
    let (_, unseen) = after(6, session(|_| ()));
    let mut seen = session(|_| ());
    for _ in 0..6 {
        seen.frame().unwrap();
        seen.step();
    }
    assert_eq!(seen.frame().unwrap().q, unseen.q);
}

#[test]
fn with_the_generator_held_still_the_discriminator_comes_to_its_optimum() {
    // objective, density, steps, and how near the mean under (p + q)/2 comes; every one starts beyond twice that
    let cases = [
        ("non-saturating", "bell", 600, 0.03),
        ("relativistic", "two-bells", 600, 0.04),
        ("minimax", "cloud", 500, 0.03),
    ];
    for (objective, density, steps, near) in cases {
        let game = session(|s| {
            (s.objective, s.density, s.generator) = (objective.into(), density.into(), "affine".into());
            (s.penalty, s.n_critic, s.rate_g, s.batch) = ("none".into(), 1, 0.0, 256);
        });
        let (game, before) = after(0, game);
        let (_, end) = after(steps, game);
        let (before, end) = (before.gap.unwrap(), end.gap.unwrap());
        assert!(
            end.mean < near && end.sup < 6.0 * near && before.mean > 2.0 * near,
            "{objective}: {before:?}, {end:?}"
        );
    }
}

#[test]
fn a_change_of_rules_keeps_the_networks_and_one_of_the_density_begins_anew() {
    let (mut game, before) = after(4, session(|_| ()));
    let rules = Settings {
        objective: "minimax".into(),
        penalty: "none".into(),
        n_critic: 3,
        rate_g: 0.1,
        batch: 32,
        ..game.settings().clone()
    };
    game.start();
    game.change(rules).unwrap();
    let (mut game, changed) = after(0, game);
    assert_eq!((changed.step, changed.playing), (4, true));
    assert_eq!((&changed.q, &changed.output), (&before.q, &before.output));
    assert!(changed.history.records().len() == before.history.records().len());

    let density = Settings { density: "ring".into(), ..game.settings().clone() };
    game.change(density).unwrap();
    let (_, anew) = after(0, game);
    assert_eq!((anew.step, anew.playing, anew.q.len()), (0, true, 48 * 48));
}

#[test]
fn a_refused_change_leaves_the_game_as_it_was() {
    let (mut game, before) = after(3, session(|_| ()));
    let bad = Settings { objective: "minmax".into(), ..game.settings().clone() };
    let error = game.change(bad).unwrap_err();
    assert!(error.to_string().contains("did you mean 'minimax'?"), "{error}");
    assert_eq!(game.frame().unwrap(), before);
}

#[test]
fn a_number_that_is_none_stops_the_game_until_it_is_reset() {
    let mut game = session(|s| s.penalty = "r1:1e38".into());
    game.start();
    (0..20).for_each(|_| assert!(game.steps() < 20 && (game.play() || !game.is_playing())));
    let frame = game.frame().unwrap();
    assert!(
        !frame.playing && frame.stopped.as_ref().is_some_and(|why| why.contains("lower the learning rates")),
        "{frame:?}"
    );
    game.start();
    assert!(!game.is_playing() && !game.play());
    game.reset().unwrap();
    assert_eq!(game.frame().unwrap().stopped, None);
}

#[test]
fn playing_does_as_many_steps_as_asked_for_and_a_paused_game_none() {
    let mut game = session(|s| s.pace = 3);
    assert!(!game.play() && game.steps() == 0);
    game.start();
    assert!(game.play() && game.steps() == 3);
    game.pause();
    assert!(!game.play() && game.steps() == 3);
}

#[test]
fn every_density_generator_and_objective_gives_frames_of_finite_numbers() {
    for (density, objective) in DENSITIES.iter().zip(OBJECTIVES.iter().cycle()) {
        for (generator, _) in super::super::GENERATORS {
            let game = session(|s| {
                (s.density, s.objective, s.generator) =
                    (density.name.into(), objective.name().into(), (*generator).into());
            });
            let (game, frame) = after(2, game);
            let what = format!("{} {} {generator}", density.name, objective.name());
            let grids = [&frame.q, &frame.output, frame.target.as_ref().unwrap_or(&frame.output)];
            assert!(grids.iter().all(|values| values.len() == game.stage.grid.count()), "{what}");
            let mut numbers = grids.into_iter().chain([&frame.samples, &frame.forces]).flatten();
            assert!(numbers.all(|x| x.is_finite()), "{what}: {frame:?}");
            assert!(
                frame.readings.len() >= 9 && frame.readings.iter().all(|r| r.value.is_finite()),
                "{what}: {frame:?}"
            );
            assert!(frame.forces.iter().any(|x| *x != 0.0) && frame.samples.len() == frame.forces.len(), "{what}");
            assert_eq!(frame.target.is_none(), objective.name() == "wasserstein", "{what}");
        }
    }
}

#[test]
fn settings_out_of_range_are_refused_as_usage() {
    let bad = Settings { batch: 0, ..Settings::default() };
    assert!(matches!(Session::new(bad), Err(Error::Setting { .. })));
}
