//! `lab`: the theory as experiments.

use crate::place::Place;

#[test]
fn an_experiment_leaves_a_report_and_its_numbers() {
    let place = Place::new();
    let out = place.run("lab dirac --quick --out report").succeeds().out;
    assert!(out.contains("✓ dirac") && out.contains("1 of 1 statement confirmed"), "{out}");
    let page = String::from_utf8(place.read("report/report.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("<math") && !page.contains("http-equiv"), "{page}");
    let json: serde_json::Value = serde_json::from_slice(&place.read("report/report.json")).unwrap();
    assert_eq!(json["experiments"][0]["name"], "dirac");
    assert_eq!(json["experiments"][0]["confirmed"], true);
    assert!(place.names_in("report").iter().any(|name| name.ends_with(".png")));
}

#[test]
fn the_experiments_are_listed_and_unknown_ones_refused() {
    let place = Place::new();
    let list = place.run("lab --list").succeeds().out;
    for name in ["optimal-discriminator", "thin-support", "penalty-exactness"] {
        assert!(list.contains(name), "{list}");
    }
    place.run("lab thin-suport").fails_with(2, &["did you mean 'thin-support'?"]);
    place.run("lab dirac --seeds 0").fails_with(2, &["seeds"]);
    assert!(place.run("lab --help").succeeds().out.contains("ganymede lab"));
}
