//! The metrics, one a file, over plain arrays: they know no network, no file and no device.
//!
//! Every metric takes the real sample first and the generated one second, computes in 64 bits, depends on no number of
//! threads, and refuses a sample that it has no right answer for.

mod classes;
mod density_coverage;
mod distances;
mod frechet;
#[cfg(test)]
mod golden;
mod kid;
mod manifold;
mod memorisation;
mod modes;
mod moments;
mod ms_ssim;
mod precision_recall;
mod sample;

pub use classes::{accuracy_by_class, class_accuracy, class_score, predictions};
pub use density_coverage::{DensityCoverage, density_coverage};
pub use frechet::{Frechet, FrechetOptions, frechet, frechet_between};
pub use kid::{KernelDistance, KernelOptions, kernel_distance};
pub use manifold::Manifolds;
pub use memorisation::{Memorisation, Neighbour, memorisation, nearest_neighbours};
pub use modes::{ClassCoverage, class_coverage, reverse_kl};
pub use moments::Moments;
pub use ms_ssim::{Diversity, diversity, ms_ssim};
pub use precision_recall::{PrecisionRecall, precision_recall};
pub use sample::Features;
