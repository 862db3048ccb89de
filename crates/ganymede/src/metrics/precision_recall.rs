//! Precision and recall of a generator (Kynkäänniemi et al. 2019).
//!
//! ```text
//! precision = share of generated samples inside the union of the balls around real ones      how many look real
//! recall    = share of real samples inside the union of the balls around generated ones      how much is covered
//! ```

use serde::Serialize;

use super::{Manifolds, manifold::share};

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PrecisionRecall {
    pub precision: f64,
    pub recall: f64,
}

pub fn precision_recall(manifolds: &Manifolds) -> PrecisionRecall {
    PrecisionRecall {
        precision: share(manifolds.real_balls_around_fake.iter().map(|count| *count > 0)),
        recall: share(manifolds.fake_balls_around_real.iter().map(|count| *count > 0)),
    }
}
