//! Two-dimensional convolution in groups, stride 1: a group of output channels sees its own group of input channels.
//!
//! ```text
//! y_g = a(conv(x_g, W_g) + b_g)          tangent: a'(.) conv(t_g, W_g)
//! ```

use burn::{
    module::{Module, Param},
    tensor::Tensor,
};

use super::Initializer;
use crate::signal::Signal;

/// Convolution in groups with a square kernel and as much zero padding as keeps an odd kernel's image its size;
/// `W` [out, in / groups, k, k].
#[derive(Module, Debug)]
pub struct GroupedConv2d {
    pub weight: Param<Tensor<4>>,
    pub bias: Param<Tensor<1>>,
    groups: usize,
    slope: f64,
}

impl GroupedConv2d {
    /// # Panics
    /// Where the channels are not `groups` equal groups.
    pub fn new(channels_in: usize, channels_out: usize, kernel: usize, groups: usize, init: &mut Initializer) -> Self {
        let fits = groups > 0 && channels_in.is_multiple_of(groups) && channels_out.is_multiple_of(groups);
        assert!(fits, "{channels_in} and {channels_out} channels are not {groups} equal groups");
        let inner = channels_in / groups;
        let fan_in = inner * kernel * kernel;
        GroupedConv2d {
            weight: init.weight([channels_out, inner, kernel, kernel], fan_in),
            bias: init.bias(channels_out, fan_in),
            groups,
            slope: 1.0,
        }
    }

    /// With a leaky ReLU on the output.
    pub fn leaky_relu(self, slope: f64) -> Self {
        GroupedConv2d { slope, ..self }
    }

    /// # Shapes
    /// [N, in, H, W] -> [N, out, H, W] for an odd kernel.
    pub fn forward(&self, x: Signal<4>) -> Signal<4> {
        let weight = self.weight.val();
        let padding = (weight.dims()[2] - 1) / 2;
        let run = |x, bias, slope| ganymede_ops::grouped_conv2d(x, weight.clone(), bias, self.groups, padding, slope);
        let value = run(x.value, Some(self.bias.val()), self.slope);
        let tangent = x.tangent.map(|t| ganymede_ops::leaky_relu_tangent(run(t, None, 1.0), &value, self.slope));
        Signal { value, tangent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parameters::cast, testing::*};
    use burn::tensor::DType;

    /// ```python
    /// x, w, b = leaf(1, 4, 2, 3), leaf(2, 2, 3, 3, phase=1.), leaf(2, phase=2.)
    /// y = F.leaky_relu(F.conv2d(x, w, b, padding=1, groups=2), 0.2); probe(y); print(y, x.grad, w.grad, b.grad)
    /// ```
    #[test]
    fn it_agrees_with_pytorch() {
        let mut layer = GroupedConv2d::new(4, 2, 3, 2, &mut initializer()).leaky_relu(0.2);
        layer.weight = parameter([2, 2, 3, 3], 1.0);
        layer.bias = parameter([2], 2.0);
        let x = leaf([1, 4, 2, 3], 0.0);
        let y = layer.forward(x.clone().into()).value;
        let gradients = probe(&y);
        assert_eq!(y.dims(), [1, 2, 2, 3]);
        assert_golden(
            y,
            &[
                1.778827, -0.032009, -0.078115, -0.335958, -0.224739, 0.595722, -0.263391, -0.179808, 0.938352,
                2.613273, 3.955951, 2.528190,
            ],
        );
        assert_golden_gradient(
            &x,
            &gradients,
            &[
                -0.352561, -0.117225, 0.370598, 0.150285, 0.498524, -0.002647, -0.353051, -0.108651, 0.374138,
                0.155654, 0.495835, -0.009839, -0.444292, -1.555640, -1.962979, -0.311367, -0.433744, 0.962861,
                -0.454663, -1.579166, -1.963250, -0.299607, -0.399116, 0.991492,
            ],
        );
        assert_golden_gradient(
            &layer.weight.val(),
            &gradients,
            &[
                0.138584, 0.152129, -0.210854, -0.130755, -0.522239, -0.042946, -0.155227, 0.153080, 0.084445,
                -0.130358, 0.116875, 0.240571, 0.419108, 0.249668, -0.285221, -0.126820, -0.255315, -0.011999,
                -0.770181, 0.283349, 0.239086, 1.820373, 0.944807, 0.191850, -0.894858, -0.789224, -0.278925,
                -0.658826, -1.307725, -0.455580, -0.251630, 1.172466, 0.549774, 0.391580, -0.085784, -0.028218,
            ],
        );
        assert_golden_gradient(&layer.bias.val(), &gradients, &[-0.218131, -0.283283]);
    }

    #[test]
    fn its_tangent_is_the_derivative() {
        let layer = cast(GroupedConv2d::new(4, 6, 3, 2, &mut initializer()).leaky_relu(0.2), DType::F64);
        assert_tangent_is_derivative([2, 4, 5, 4], |x| layer.forward(x));
    }
}
