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
        (
            "separation",
            "chance that a real sample's logit lies above a generated one's; 0.5 at equilibrium, healthy 0.5..0.98"
                .into(),
        ),
        (
            "augment_p",
            "probability of each transformation of what the discriminator sees, where it is augmented; healthy 0..0.8"
                .into(),
        ),
        ("augment_r", augmented_for(objective.is_shift_invariant())),
        ("gradient_d", gradient("discriminator")),
        ("loss_g", losses.generator.to_owned()),
        (
            "idle",
            "share of generated samples whose force |g'(h)| is below 0.05: they no longer learn; healthy 0..0.5".into(),
        ),
        (
            "fake_mean",
            "mean of all numbers of the generated samples: where their mass lies; healthy: no lasting swing".into(),
        ),
        ("gradient_g", gradient("generator")),
    ];
    let probed = PROBED.iter().map(|(name, meaning)| (*name, (*meaning).to_owned()));
    penalties.iter().map(|term| (term.penalty.name(), of_penalty(term))).chain(own).chain(probed).collect()
}

/// The numbers of a probe, which come every so many steps: of fixed latents and fixed samples of the data.
pub const PROBED: &[(&str, &str)] = &[
    ("data_low", "the lowest number in the data looked at; images -1"),
    ("data_high", "the highest number in the data looked at; images 1"),
    ("data_spread", "standard deviation of a number across the data; healthy 0.1..10"),
    ("data_copies", "share of the data looked at that are copies; healthy 0..0.1"),
    ("diversity", "mean distance of two generated samples, of two real ones 1; healthy 0.7..1.1"),
    ("duplicates", "share of generated samples that have a near copy; healthy 0..0.2"),
    (
        "coverage",
        "share of real samples with a generated one in their neighbourhood; 0.97 at best, for images by pixel lower",
    ),
    ("density", "neighbourhoods of real samples that a generated one lies in, of 5; 1 at best"),
    (
        "overfit",
        "how much of the way from training to generated samples held-out real ones are, by logits; healthy below 0.3",
    ),
    ("overfit_z", "the same difference in standard errors; below 3 it is no difference"),
    ("class_diversity", "diversity within the class where it is lowest; healthy about 1"),
    ("class_agreement", "how far samples look like the class asked for, as far as pixels tell; healthy towards 1"),
    ("update_d", "how far an update moves the discriminator's weights, as a share of them; healthy 1e-4..2e-2"),
    ("update_g", "how far an update moves the generator's weights, as a share of them; healthy 1e-4..2e-2"),
    ("spectral_d", "largest singular value of a weight matrix of the discriminator; healthy: levels off"),
    ("spectral_g", "largest singular value of a weight matrix of the generator; healthy: levels off"),
];

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

/// What an adaptive augmentation holds at its target.
fn augmented_for(shift_invariant: bool) -> String {
    let statistic = if shift_invariant { "2 separation - 1" } else { "mean sign of a real sample's logit" };
    format!("how sure the discriminator is, {statistic}, where augmentation adapts to it; healthy: falls to its target")
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
            let (own, probed) = legend.split_at(legend.len() - PROBED.len());
            let names: Vec<_> = own.iter().map(|(name, _)| *name).collect();
            assert!(probed.iter().map(|(name, _)| name).eq(PROBED.iter().map(|(name, _)| name)));
            assert_eq!(
                names,
                [
                    "r1",
                    "loss_d",
                    "loss_d_real",
                    "loss_d_fake",
                    "logit_real",
                    "logit_fake",
                    "separation",
                    "augment_p",
                    "augment_r",
                    "gradient_d",
                    "loss_g",
                    "idle",
                    "fake_mean",
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
