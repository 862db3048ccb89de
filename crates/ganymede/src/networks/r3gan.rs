//! The residual pair of Huang et al. 2024 (R3GAN): no normalisation, the same blocks on both sides.
//!
//! ```text
//! block   x + conv 1x1 (a(conv 3x3 in groups of 16 (a(conv 1x1 (x)))))        a = LeakyReLU 0.2, twice as wide inside
//! G       z -> fc, times a learnt basis h x w -> blocks -> [conv 1x1, upsample, blocks]... -> conv 1x1 -> image
//! D       image -> conv 1x1 -> [blocks, downsample, conv 1x1]... -> blocks -> weighted by a learnt basis h x w -> fc
//! ```
//! The smallest stage is what the sides come to when they are halved down to 4 to 7 pixels, so that any aspect ratio has
//! a pair. Weights begin with variances that keep a signal's size (He et al. 2015), smaller inside a block by the fourth root
//! of the number of blocks, and the last layer of a block at zero (Zhang et al. 2019, Fixup): at first a block is the
//! identity. Samples are not bounded by a tanh; what is written or measured is clamped to [-1, 1].

use burn::{
    module::{Module, Param},
    tensor::Tensor,
};
use serde::{Deserialize, Serialize};

use super::{
    Decoder, Discriminator, Ends, Generator, GeneratorClasses, Head, LabelPlanes, Pass, conditional, labelled,
};
use crate::{
    layers::{Conv2d, Embedding, GroupedConv2d, Initializer, Linear, WeightScale},
    signal::Signal,
};

const SLOPE: f64 = 0.2;
/// Channels of a group.
const GROUP: usize = 16;
/// A block is so many times wider inside.
const EXPANSION: usize = 2;
/// The sides of the smallest stage.
const SMALLEST: std::ops::RangeInclusive<usize> = 4..=7;
const LARGEST_SIDE: usize = 256;
/// The weights outside the blocks keep a signal's variance.
pub(super) const UNIT: WeightScale = WeightScale::Gain(1.0);

/// How wide and how deep the pair is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capacity {
    /// 32 channels at 32 x 32 pixels, one block a stage.
    #[default]
    Small,
    /// 64 channels, one block a stage.
    Medium,
    /// 128 channels, two blocks a stage.
    Large,
}

impl Capacity {
    /// Channels of a stage whose shorter side is `side`: as many at 32, half for each doubling, at most four times.
    fn channels(self, side: usize) -> usize {
        let at_32 = match self {
            Capacity::Small => 32,
            Capacity::Medium => 64,
            Capacity::Large => 128,
        };
        (at_32 * 32 / side.next_power_of_two()).clamp(GROUP / EXPANSION, 4 * at_32)
    }

    fn blocks(self) -> usize {
        match self {
            Capacity::Small | Capacity::Medium => 1,
            Capacity::Large => 2,
        }
    }
}

/// Height and width of every stage, the smallest first; none for sides that do not come to a smallest stage.
fn stages([height, width]: [usize; 2]) -> Option<Vec<[usize; 2]>> {
    let mut sizes = vec![[height, width]];
    while let Some([height, width]) = sizes.last().copied().filter(|size| size.iter().min() > Some(SMALLEST.end())) {
        if !(height.is_multiple_of(2) && width.is_multiple_of(2)) {
            return None;
        }
        sizes.push([height / 2, width / 2]);
    }
    sizes.reverse();
    let fits =
        |[height, width]: &[usize; 2]| height.max(width) <= &LARGEST_SIDE && SMALLEST.contains(height.min(width));
    (sizes.len() > 1 && sizes.last().is_some_and(|[h, w]| h.max(w) <= &LARGEST_SIDE) && sizes.first().is_some_and(fits))
        .then_some(sizes)
}

/// Whether there is a pair for samples of `shape` [C, H, W].
pub(super) fn serves([channels, height, width]: [usize; 3]) -> bool {
    (1..=4).contains(&channels) && stages([height, width]).is_some()
}

/// What the sides of a pair share.
#[derive(Debug)]
struct Shape {
    capacity: Capacity,
    /// The smallest first.
    stages: Vec<[usize; 2]>,
}

impl Shape {
    /// # Panics
    /// Where [`serves`] says no.
    fn of(capacity: Capacity, [_, height, width]: [usize; 3]) -> Self {
        let stages = stages([height, width]).expect("the registry asks whether the network serves the shape");
        Shape { capacity, stages }
    }

    fn channels(&self, stage: usize) -> usize {
        let [height, width] = self.stages[stage];
        self.capacity.channels(height.min(width))
    }

    fn blocks(&self, stage: usize, init: &mut Initializer) -> Vec<Block> {
        let depth = self.stages.len() * self.capacity.blocks();
        (0..self.capacity.blocks()).map(|_| Block::new(self.channels(stage), depth, init)).collect()
    }

    /// The shape of a learnt weight for each channel and pixel of the smallest stage.
    fn basis(&self) -> [usize; 4] {
        let [height, width] = self.stages[0];
        [1, self.channels(0), height, width]
    }

    /// The change of channels between a stage and the next smaller one, where they differ.
    fn change(from: usize, to: usize, init: &mut Initializer) -> Option<Conv2d> {
        (from != to).then(|| Conv2d::new(from, to, 1, init).without_bias())
    }
}

/// A residual block, the identity at first.
#[derive(Module, Debug)]
pub struct Block {
    conv1: Conv2d,
    conv2: GroupedConv2d,
    conv3: Conv2d,
}

impl Block {
    /// One of `depth` blocks of a network.
    fn new(channels: usize, depth: usize, init: &mut Initializer) -> Self {
        let inside = EXPANSION * channels;
        let gain = (2.0 / (1.0 + SLOPE * SLOPE)).sqrt() * (depth as f64).powf(-0.25);
        let init = init.scale(WeightScale::Gain(gain));
        let conv1 = Conv2d::new(channels, inside, 1, init).leaky_relu(SLOPE);
        let conv2 = GroupedConv2d::new(inside, inside, 3, inside / GROUP, init).leaky_relu(SLOPE);
        let conv3 = Conv2d::new(inside, channels, 1, init.scale(WeightScale::Gain(0.0))).without_bias();
        init.scale(UNIT);
        Block { conv1, conv2, conv3 }
    }

    fn forward(&self, x: Signal<4>) -> Signal<4> {
        self.conv3.forward(self.conv2.forward(self.conv1.forward(x.clone()))).skip(x)
    }
}

/// The blocks of one size, and the change of channels on the side of the smaller stage.
#[derive(Module, Debug)]
pub struct Stage {
    change: Option<Conv2d>,
    blocks: Vec<Block>,
}

impl Stage {
    fn blocks(&self, x: Signal<4>) -> Signal<4> {
        self.blocks.iter().fold(x, |x, block| block.forward(x))
    }

    fn change(&self, x: Signal<4>) -> Signal<4> {
        match &self.change {
            Some(change) => change.forward(x),
            None => x,
        }
    }
}

/// `z` [N, latent] -> [N, C, H, W], about in [-1, 1].
#[derive(Module, Debug)]
pub struct R3GanGenerator {
    embedding: Option<Embedding>,
    fc: Linear,
    basis: Param<Tensor<4>>,
    stages: Vec<Stage>,
    to_image: Conv2d,
    latent: usize,
    classes: Option<usize>,
}

impl R3GanGenerator {
    /// For samples of `shape` [C, H, W].
    ///
    /// # Panics
    /// For a shape that the pair does not serve.
    pub fn new(
        latent: usize,
        shape: [usize; 3],
        capacity: Capacity,
        classes: GeneratorClasses,
        init: &mut Initializer,
    ) -> Self {
        let plan = Shape::of(capacity, shape);
        let last = plan.stages.len() - 1;
        let stage = |stage: usize, init: &mut Initializer| Stage {
            change: stage
                .checked_sub(1)
                .and_then(|from| Shape::change(plan.channels(from), plan.channels(stage), init)),
            blocks: plan.blocks(stage, init),
        };
        R3GanGenerator {
            embedding: classes.embedding(init),
            fc: Linear::new(classes.inputs(latent), plan.channels(0), init).without_bias(),
            basis: init.standard(plan.basis()),
            stages: (0..=last).map(|index| stage(index, init)).collect(),
            to_image: Conv2d::new(plan.channels(last), shape[0], 1, init).without_bias(),
            latent,
            classes: classes.count(),
        }
    }
}

impl Generator for R3GanGenerator {
    fn latent_size(&self) -> usize {
        self.latent
    }

    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        self.unbounded(z, pass)
    }

    fn classes(&self) -> Option<usize> {
        self.classes
    }
}

impl Decoder for R3GanGenerator {
    fn unbounded(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        let features = self.fc.forward(conditional::with_embedding(&self.embedding, z, pass).into()).value;
        let [batch, channels] = features.dims();
        let mut x = Signal::from(features.reshape([batch, channels, 1, 1]) * self.basis.val());
        for (index, stage) in self.stages.iter().enumerate() {
            if index > 0 {
                x = stage.change(x).upsample();
            }
            x = stage.blocks(x);
        }
        self.to_image.forward(x).value
    }

    fn is_bounded(&self) -> bool {
        false
    }
}

/// `x` [N, C, H, W] -> [N, 1].
#[derive(Module, Debug)]
pub struct R3GanDiscriminator {
    planes: Option<LabelPlanes>,
    from_image: Conv2d,
    stages: Vec<Stage>,
    basis: Param<Tensor<4>>,
    fc: Head,
}

impl R3GanDiscriminator {
    /// For samples of `shape` [C, H, W].
    ///
    /// # Panics
    /// For a shape that the pair does not serve.
    pub fn new(shape: [usize; 3], capacity: Capacity, ends: Ends, init: &mut Initializer) -> Self {
        let plan = Shape::of(capacity, shape);
        let last = plan.stages.len() - 1;
        let [_, _, height, width] = plan.basis();
        let stage = |stage: usize, init: &mut Initializer| Stage {
            blocks: plan.blocks(stage, init),
            change: stage.checked_sub(1).and_then(|to| Shape::change(plan.channels(stage), plan.channels(to), init)),
        };
        R3GanDiscriminator {
            planes: ends.planes(),
            from_image: Conv2d::new(ends.channels(shape[0]), plan.channels(last), 1, init).without_bias(),
            stages: (0..=last).rev().map(|index| stage(index, init)).collect(),
            basis: init.weight(plan.basis(), height * width),
            fc: ends.head(plan.channels(0), init),
        }
    }
}

impl Discriminator for R3GanDiscriminator {
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2> {
        let mut x = self.from_image.forward(labelled(&self.planes, x, pass));
        for (index, stage) in self.stages.iter().enumerate() {
            x = stage.blocks(x);
            if index + 1 < self.stages.len() {
                x = stage.change(x.downsample());
            }
        }
        let basis = self.basis.val();
        let features = x.linear_map(|x| (x * basis.clone()).sum_dim(3).sum_dim(2).flatten(1, 3));
        self.fc.forward(features, pass)
    }

    fn classes(&self) -> Option<usize> {
        self.fc.classes().or(self.planes.as_ref().map(LabelPlanes::classes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_halved_down_to_the_smallest_stage() {
        assert_eq!(stages([32, 32]).unwrap(), [[4, 4], [8, 8], [16, 16], [32, 32]]);
        assert_eq!(stages([28, 28]).unwrap(), [[7, 7], [14, 14], [28, 28]]);
        assert_eq!(stages([48, 32]).unwrap(), [[6, 4], [12, 8], [24, 16], [48, 32]]);
        assert_eq!(stages([256, 256]).map(|stages| stages.len()), Some(7));
        for sides in [[4, 4], [30, 30], [36, 34], [512, 512], [1, 1], [512, 32], [0, 0]] {
            assert_eq!(stages(sides), None, "{sides:?}");
        }
    }

    #[test]
    fn a_stage_twice_as_large_is_half_as_wide_and_groups_fit() {
        let widths = |capacity: Capacity| [4, 8, 16, 28, 32, 64, 128, 256].map(|side| capacity.channels(side));
        assert_eq!(widths(Capacity::Small), [128, 128, 64, 32, 32, 16, 8, 8]);
        assert_eq!(widths(Capacity::Large), [512, 512, 256, 128, 128, 64, 32, 16]);
        for capacity in [Capacity::Small, Capacity::Medium, Capacity::Large] {
            assert!(widths(capacity).iter().all(|width| (width * EXPANSION).is_multiple_of(GROUP)));
        }
    }
}
