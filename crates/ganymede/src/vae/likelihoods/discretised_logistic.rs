//! Discretised logistic: the probability of a pixel's byte, its one scale learnt (Kingma et al. 2016; Salimans et al. 2017).
//!
//! ```text
//! P(x|z) = sigmoid(b) - sigmoid(a),   b = (x + 1/255 - mean) / s,   a = (x - 1/255 - mean) / s
//!        = sigmoid(b) sigmoid(-a) (1 - exp(a - b))
//! log P  = -softplus(-b) - softplus(a) + log(1 - exp(-2 / (255 s)))         nothing cancels, wherever the mean is
//! x = -1 takes all below it, log P = -softplus(-b);   x = 1 all above it, log P = -softplus(a)
//! ```

use burn::tensor::Tensor;

use super::{Decoded, Likelihood, Scale};

/// Half the distance between two bytes.
const HALF: f64 = 1.0 / 255.0;

#[derive(Debug, Clone, Copy)]
pub struct DiscretisedLogistic;

impl Likelihood for DiscretisedLogistic {
    fn name(&self) -> &'static str {
        "discretised-logistic"
    }

    fn summary(&self) -> &'static str {
        "the probability of each of 256 bytes under a logistic density, its scale learnt (Kingma et al. 2016)"
    }

    fn scale(&self) -> Scale {
        Scale::Learned(0.1)
    }

    fn is_for_images(&self) -> bool {
        true
    }

    fn log_density(&self, x: &Tensor<4>, decoded: Decoded, log_scale: Tensor<4>) -> Tensor<4> {
        let rate = log_scale.neg().exp();
        let deviation = x.clone() - decoded.mean;
        let below = ganymede_ops::softplus((deviation.clone() + HALF) * rate.clone().neg()).neg();
        let above = ganymede_ops::softplus((deviation - HALF) * rate.clone()).neg();
        let width = ((rate * (-2.0 * HALF)).exp().neg()).log1p();
        // a byte is found among the values in [-1, 1] by comparing with the middle between it and its neighbour
        let darkest = x.clone().lower_elem(HALF - 1.0);
        let brightest = x.clone().greater_elem(1.0 - HALF);
        let inside = below.clone() + above.clone() + width;
        inside.mask_where(darkest, below).mask_where(brightest, above)
    }
}
