//! The numbers of a run over its steps, each plot with the onsets of what went wrong.

use super::{Episode, Records};
use crate::lab::{Ink, Plot};

/// Numbers that belong into one picture.
struct Group {
    name: &'static str,
    title: &'static str,
    caption: &'static str,
    series: &'static [&'static str],
    is_logarithmic: bool,
}

const GROUPS: &[Group] = &[
    Group {
        name: "losses",
        title: "Losses",
        caption: "Neither falls for ever in a healthy game: each is measured against a player that learns as well.",
        series: &["loss_d", "loss_g"],
        is_logarithmic: false,
    },
    Group {
        name: "bound",
        title: "The bound and its parts, nats",
        caption: "Both level off in a healthy run; kl at 0 means that the latent is not used.",
        series: &["elbo", "reconstruction", "kl"],
        is_logarithmic: false,
    },
    Group {
        name: "logits",
        title: "Mean logits",
        caption: "A gap that grows without end is a discriminator that has become sure.",
        series: &["logit_real", "logit_fake"],
        is_logarithmic: false,
    },
    Group {
        name: "separation",
        title: "How well the samples are told apart",
        caption: "separation: 0.5 where real and generated are alike to the discriminator, 1 where it tells all apart; \
                  idle: the share of generated samples without force.",
        series: &["separation", "idle"],
        is_logarithmic: false,
    },
    Group {
        name: "gradients",
        title: "Norms of the gradients",
        caption: "Healthy: steady within a factor of ten.",
        series: &["gradient_d", "gradient_g", "gradient"],
        is_logarithmic: true,
    },
    Group {
        name: "updates",
        title: "Updates, as a share of the weights",
        caption: "Healthy: 1e-4 to 2e-2.",
        series: &["update_d", "update_g"],
        is_logarithmic: true,
    },
    Group {
        name: "samples",
        title: "Samples of fixed latents",
        caption: "diversity and coverage towards 0, or duplicates towards 1, are a generator that makes too little.",
        series: &["diversity", "coverage", "duplicates"],
        is_logarithmic: false,
    },
    Group {
        name: "overfit",
        title: "Overfitting of the discriminator",
        caption: "0: held-out real samples look as real as those it was trained on; 1: they look generated.",
        series: &["overfit"],
        is_logarithmic: false,
    },
];

const INKS: [Ink; 3] = [Ink::Blue, Ink::Orange, Ink::Green];

/// A plot of every group that the run has numbers of, and of its metric.
pub(super) fn plots(records: &Records, episodes: &[Episode]) -> Vec<Plot> {
    let groups = GROUPS.iter().filter_map(|group| {
        let series: Vec<_> = group.series.iter().map(|name| (*name, records.series(name))).collect();
        plot(group.name, group.title, group.caption, group.is_logarithmic, series, episodes)
    });
    let figure = records.config.monitor.as_ref().and_then(|m| m.criterion()).map(|criterion| criterion.name());
    let measured = figure.and_then(|figure| {
        let points = records.measured.iter().map(|m| [m.step as f64, m.figure]).collect();
        let caption = "Of the averaged generator at the snapshots.";
        plot("metric", "The metric", caption, false, vec![(figure.as_str(), points)], episodes)
    });
    groups.chain(measured).collect()
}

fn plot(
    name: &str,
    title: &str,
    caption: &str,
    is_logarithmic: bool,
    series: Vec<(&str, Vec<[f64; 2]>)>,
    episodes: &[Episode],
) -> Option<Plot> {
    let is_drawn = |[_, y]: &[f64; 2]| y.is_finite() && (!is_logarithmic || *y > 0.0);
    let drawn = || series.iter().flat_map(|(_, points)| points).filter(|point| is_drawn(point));
    // a single point draws no line
    if drawn().count() < 2 {
        return None;
    }
    let mut plot = Plot::new(name, title, "step", "").caption(caption);
    for ((name, points), ink) in series.iter().zip(INKS).filter(|((_, points), _)| !points.is_empty()) {
        plot = plot.line(*name, ink, points.iter().copied().filter(is_drawn));
    }
    let (low, high) =
        drawn().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), [_, y]| (low.min(*y), high.max(*y)));
    for (index, episode) in episodes.iter().enumerate() {
        // one entry in the legend for all of a detector
        let is_first = episodes[..index].iter().all(|other| other.onset.detector != episode.onset.detector);
        let name = if is_first { episode.onset.detector.as_str() } else { "" };
        let x = episode.from as f64;
        plot = plot.dashed(name, Ink::Red, [[x, low], [x, high]]);
    }
    Some(if is_logarithmic { plot.log_y() } else { plot })
}
