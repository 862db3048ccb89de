//! The lab: every statement of the theory as an experiment that one can run, look at, and see fail.
//!
//! An [`Experiment`] states a theorem, runs the library's own objectives, penalties, networks and games, and gives
//! [`Findings`]: [`Check`]s that compare what was measured on every seed with a closed form, and [`Plot`]s.
//! [`run`] runs experiments; [`write_report`] makes one self-contained page of what they found.
//!
//! ```text
//! Experiment --run(settings)--> Findings { checks, plots, notes } --> report.html, report.json, *.svg, *.png
//! ```
//! A tolerance belongs to the experiment, follows from its sampling or discretisation, and says so. An experiment keeps what
//! its statement rests on (an objective, a closed form) in a field, so that a test can swap it and see the verdict turn.
//!
//! A new experiment is one file here and one line in [`EXPERIMENTS`].

mod axes;
mod converge;
mod density;
mod dirac;
mod dirac_paths;
mod draw;
mod experiment;
mod findings;
mod force_law;
mod gradient;
mod log_ratio;
mod optimal_discriminator;
pub(crate) mod parallel;
mod penalty_exactness;
mod plot;
mod plot_file;
mod projection;
mod quadrature;
mod report;
mod thin_paths;
mod thin_support;
pub(crate) mod tiny;
mod two_kls;
mod unbounded_critic;
mod which_divergence;

pub use converge::{Training, converge, logits};
pub use density::Gaussians;
pub use dirac::Dirac;
pub use experiment::{Experiment, Outcome, Progress, Settings, Statement, run};
pub use findings::{Bound, Check, Findings};
pub use force_law::ForceLaw;
pub use log_ratio::LogRatio;
pub use optimal_discriminator::OptimalDiscriminator;
pub use penalty_exactness::PenaltyExactness;
pub use plot::{Axis, Ink, Layer, Mark, Plot};
pub use plot_file::save_plot;
pub use projection::ProjectionHead;
pub use quadrature::{Divergences, Grid};
pub use report::write as write_report;
pub use thin_support::ThinSupport;
pub use two_kls::TwoKls;
pub use unbounded_critic::UnboundedCritic;
pub use which_divergence::WhichDivergence;

pub(crate) use draw::DARK_STYLE;
pub(crate) use report::{STYLE as REPORT_STYLE, escaped, figure};

use crate::error::{Error, Result};

/// Every experiment, in the order of the theory.
pub const EXPERIMENTS: &[&dyn Experiment] = &[
    &OptimalDiscriminator::STATED,
    &LogRatio::STATED,
    &ForceLaw::STATED,
    &WhichDivergence::STATED,
    &TwoKls::STATED,
    &ProjectionHead::STATED,
    &ThinSupport::STATED,
    &UnboundedCritic::STATED,
    &Dirac::STATED,
    &PenaltyExactness::STATED,
];

/// The experiment of that name.
///
/// # Errors
/// [`Error::UnknownName`] with the nearest one.
pub fn by_name(name: &str) -> Result<&'static dyn Experiment> {
    let known = EXPERIMENTS.iter().map(|e| e.name());
    EXPERIMENTS.iter().copied().find(|e| e.name() == name).ok_or_else(|| Error::unknown_name("experiment", name, known))
}
