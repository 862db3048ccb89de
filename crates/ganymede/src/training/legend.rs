//! What each number of a report means, and the range in which it is healthy.

use crate::{objectives::Objective, penalties::PenaltyTerm};

/// The name and the meaning of every number that a game of `objective` and `penalties` reports, in the order in which a
/// [`Report`](super::Report) has them.
pub fn legend(objective: &dyn Objective, penalties: &[PenaltyTerm]) -> Vec<(&'static str, String)> {
    let losses = objective.legend();
    let (real, fake) = logits(objective.is_shift_invariant());
    let own = [
        ("loss_d", losses.discriminator.to_owned()),
        ("loss_d_real", "what real samples contribute to loss_d, where it has parts".into()),
        ("loss_d_fake", "what generated samples contribute to loss_d, where it has parts".into()),
        ("logit_real", real.to_owned()),
        ("logit_fake", fake.to_owned()),
        ("gradient_d", gradient("discriminator")),
        ("loss_g", losses.generator.to_owned()),
        ("gradient_g", gradient("generator")),
    ];
    penalties.iter().map(|term| (term.penalty.name(), of_penalty(term))).chain(own).collect()
}

/// What the two mean logits say under an objective that pins their zero, and under one that sees differences only.
fn logits(shift_invariant: bool) -> (&'static str, &'static str) {
    if shift_invariant {
        (
            "mean logit of real samples; only its distance above logit_fake has a meaning",
            "mean logit of generated samples; healthy: below logit_real by a gap that neither grows without end nor stays at 0",
        )
    } else {
        (
            "mean logit of real samples, positive where they look real; healthy 0..3, above 10 the discriminator is sure",
            "mean logit of generated samples; healthy -3..0, below -10 the discriminator is sure and the generator learns little",
        )
    }
}

fn gradient(player: &str) -> String {
    format!(
        "norm of the {player}'s gradient; healthy: steady within a factor of about 10, neither towards 0 nor bursting"
    )
}

fn of_penalty(term: &PenaltyTerm) -> String {
    let every = match term.every {
        1 => String::new(),
        every => format!(", on every {every}th update"),
    };
    format!("{}; weight {}{every}; healthy: small beside loss_d and not growing", term.penalty.summary(), term.weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{objectives::OBJECTIVES, penalties};

    #[test]
    fn every_number_of_every_objective_has_a_legend() {
        let terms = penalties::parse("r1:2/16").unwrap();
        for objective in OBJECTIVES {
            let legend = legend(*objective, &terms);
            let names: Vec<_> = legend.iter().map(|(name, _)| *name).collect();
            assert_eq!(
                names,
                [
                    "r1",
                    "loss_d",
                    "loss_d_real",
                    "loss_d_fake",
                    "logit_real",
                    "logit_fake",
                    "gradient_d",
                    "loss_g",
                    "gradient_g"
                ],
                "{}",
                objective.name()
            );
            assert!(legend.iter().all(|(_, meaning)| !meaning.is_empty()), "{}", objective.name());
            assert!(legend[0].1.contains("weight 2") && legend[0].1.contains("every 16th"), "{}", legend[0].1);
        }
    }
}
