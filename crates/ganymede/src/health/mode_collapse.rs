//! The generator makes too little of what is in the data.
//!
//! ```text
//! alike     diversity <= 0.2                       mean distance of two samples, that of the data being 1
//! class     class_diversity <= 0.2                 the same within the class where it is lowest, for a conditional generator
//! copies    duplicates >= 0.5                      share of fakes nearer to another than nearly all real ones are
//! modes     coverage <= 0.45 and density >= 0.6,   or coverage <= 0.2 and diversity <= 0.5; for points
//!           the first three in two probes running, modes in two of three from step 200 on; else once diversity has been above 0.4, or after 100 steps, for images 500
//! ```
//! Always on the same latents. A generator begins with samples that are alike, and needs that long to leave them. Coverage and density are Naeem et al.'s (2020): the share of real samples that have a fake
//! in their ball to the fifth neighbour, about 0.97 where q = p, and how many such balls a fake lies in. Few balls hit by
//! fakes that do lie on the data is what dropped modes look like; fakes far from the data are merely bad. Distances of
//! images, pixel by pixel, do not tell those apart, so the third rule is for points. A birthday among the samples betrays a
//! small support (Arora & Zhang 2018). Valid under every objective, as it reads samples.

use serde::{Deserialize, Serialize};

use super::{
    Advice, Evidence, Finding, Kind, Reading, Symptom,
    detector::{Rule, of_rule},
    memory::{Streak, Window},
};

pub(super) const KIND: Kind = Kind {
    name: "mode_collapse",
    summary: "samples of fixed latents are alike, copies of each other, or leave most of the data out",
    build: |context| {
        let rule = ModeCollapse { points: !context.images, advice: context.variety() };
        context.objective.and_then(|_| of_rule(rule))
    },
};

const ALIKE: f64 = 0.2;
/// A generator starts with samples that are alike; it has learnt better once it was here.
const VARIED: f64 = 0.4;
const BEGINNING_OF_POINTS: u64 = 100;
const BEGINNING_OF_IMAGES: u64 = 500;
const DUPLICATES: f64 = 0.5;
const COVERAGE: f64 = 0.45;
const DENSITY: f64 = 0.6;
const LITTLE_COVERAGE: f64 = 0.2;
const LITTLE_DIVERSITY: f64 = 0.5;
/// Modes are not counted before: a generator of points spreads from where it began.
const SPREADING: u64 = 200;
/// A few modes are hit by few samples, whose counts hop from probe to probe: two of so many are enough.
const PROBES: usize = 3;

#[derive(Debug)]
struct ModeCollapse {
    points: bool,
    advice: Advice,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    varied: bool,
    alike: Streak,
    class: Streak,
    copies: Streak,
    dropped: Window,
    few: Window,
}

impl Rule for ModeCollapse {
    type Memory = Memory;

    fn judge(&self, memory: &mut Memory, step: u64, reading: &Reading) -> Symptom {
        let numbers = ["diversity", "duplicates", "coverage", "density"].map(|name| reading.get(name));
        let [Some(diversity), Some(duplicates), Some(coverage), Some(density)] = numbers else {
            return Symptom::Unknown;
        };
        memory.varied |= diversity >= VARIED;
        let begun = memory.varied || step > if self.points { BEGINNING_OF_POINTS } else { BEGINNING_OF_IMAGES };
        let alike = Evidence::below("diversity", diversity, ALIKE);
        if memory.alike.holds(step, begun && alike.is_bad(), 1) {
            return self.ill(vec![alike], "the generator makes nearly the same sample of every latent");
        }
        let class = Evidence::below("class_diversity", reading.get("class_diversity").unwrap_or(f64::INFINITY), ALIKE);
        if memory.class.holds(step, begun && class.is_bad(), 1) {
            return self.ill(vec![class], "the generator makes nearly the same sample of every latent of a class");
        }
        let copies = Evidence::above("duplicates", duplicates, DUPLICATES);
        if memory.copies.holds(step, begun && copies.is_bad(), 1) {
            return self.ill(vec![copies], "the generator makes the same few samples over and over");
        }
        let dropped =
            vec![Evidence::below("coverage", coverage, COVERAGE), Evidence::above("density", density, DENSITY)];
        let has_spread = self.points && step > SPREADING;
        let is_dropped = has_spread && dropped.iter().all(Evidence::is_bad);
        if lately(&mut memory.dropped, is_dropped) {
            return self.ill(dropped, "the samples are as good as data, but of a few modes only");
        }
        let few = vec![
            Evidence::below("coverage", coverage, LITTLE_COVERAGE),
            Evidence::below("diversity", diversity, LITTLE_DIVERSITY),
        ];
        let is_few = has_spread && few.iter().all(Evidence::is_bad);
        if lately(&mut memory.few, is_few) {
            return self.ill(few, "all samples are in one corner of the data");
        }
        Symptom::Well
    }
}

/// Notes whether it holds now; whether it does, and did in one of the two probes before.
fn lately(memory: &mut Window, now: bool) -> bool {
    memory.push(f64::from(now), PROBES);
    now && memory.iter().sum::<f64>() >= 2.0
}

impl ModeCollapse {
    fn ill(&self, evidence: Vec<Evidence>, cause: &str) -> Symptom {
        Symptom::Ill(Finding::fault(evidence, cause, self.advice.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{
        Event,
        testing::{onset, watch, watch_images},
    };

    type Numbers = [f64; 4];

    fn numbers(of: Numbers) -> Vec<(&'static str, f64)> {
        ["diversity", "duplicates", "coverage", "density"].into_iter().zip(of).collect()
    }

    fn of(probes: impl Fn(u64) -> Numbers) -> Vec<Event> {
        watch(&KIND, "hinge", 1000, |step| if step % 25 == 0 { numbers(probes(step)) } else { vec![] })
    }

    const GOOD: Numbers = [0.95, 0.02, 0.9, 1.0];

    #[test]
    fn samples_that_become_alike_are_a_fault_and_those_of_the_beginning_are_not() {
        assert_eq!(onset(&of(|step| if step > 200 { [0.0, 0.0, 0.0, 0.0] } else { GOOD })), Some(250));
        assert_eq!(onset(&of(|step| if step < 125 { [0.05, 0.0, 0.0, 0.0] } else { GOOD })), None);
        assert_eq!(onset(&of(|_| [0.05, 0.0, 0.0, 0.0])), Some(150));
        let images = |until: u64| {
            watch_images(&KIND, 1000, |step| match step % 25 {
                0 => numbers(if step < until { [0.05, 0.0, 0.0, 0.0] } else { GOOD }),
                _ => vec![],
            })
        };
        assert_eq!((onset(&images(500)), onset(&images(1000))), (None, Some(550)));
    }

    #[test]
    fn samples_alike_within_one_class_are_a_fault_however_varied_all_together_are() {
        let of = |class: f64| {
            onset(&watch_images(&KIND, 1000, |step| match step % 25 {
                0 => [numbers(GOOD), vec![("class_diversity", class)]].concat(),
                _ => vec![],
            }))
        };
        assert_eq!((of(0.1), of(0.5)), (Some(50), None));
    }

    #[test]
    fn dropped_modes_are_a_fault_and_bad_samples_are_not() {
        assert_eq!(onset(&of(|_| [0.8, 0.1, 0.3, 0.9])), Some(250));
        assert_eq!(onset(&of(|_| [0.8, 0.1, 0.2, 0.1])), None);
        assert_eq!(onset(&of(|_| [0.3, 0.1, 0.1, 0.1])), Some(250));
        let images = watch_images(&KIND, 100, |_| numbers([0.8, 0.1, 0.2, 0.9]));
        assert_eq!(onset(&images), None);
    }

    #[test]
    fn copies_are_a_fault() {
        assert_eq!(onset(&of(|step| if step > 500 { [0.9, 0.9, 0.8, 1.0] } else { GOOD })), Some(550));
    }
}
