//! The residual pair of Miyato et al. 2018 (SNGAN): spectral normalisation in every layer of the discriminator, for the hinge
//! objective.
//!
//! ```text
//! G block   up(conv 1x1 (x)) + conv 3x3 (a(BN(conv 3x3 (up(a(BN(x)))))))                           a = ReLU
//! D block   conv 1x1 (down(x)) + down(conv 3x3 (a(conv 3x3 (a(x)))))       without down where it keeps the size;
//!                                                                           the first block without the inner a(x)
//! G         z -> fc -> blocks -> BN, a -> conv 3x3 -> tanh
//! D         x -> blocks -> a -> sum over the pixels -> fc                   each weight W as W / sigma(W)
//!
//! widths    32 x 32   G 256 · 4 x 4, 256, 256, 256              D 128 down, 128 down, 128, 128
//!           48 x 48   G 512 · 6 x 6, 256, 128, 64               D 64, 128, 256, 512 down, 1024
//!           64 x 64   G 512 · 4 x 4, 512, 256, 128, 64          D as at 48 x 48
//! ```
//! Those are the widths of the paper (tables 3 and 4) at 32 and 48 pixels, which [`Capacity::Large`] has; medium has half and
//! small a quarter of them. At 64 pixels, which the paper leaves out, the generator has a block more. Images are resampled by
//! the filter [1, 2, 1] of `layers/resample.rs`, where the paper repeats pixels and takes means of 2 x 2. Shortcuts have no
//! bias: the sum has that of the other branch.

use burn::{module::Module, tensor::Tensor};

use super::{
    Capacity, Decoder, Discriminator, Ends, Generator, GeneratorClasses, Head, LabelPlanes, Norm, Pass, conditional,
    labelled,
};
use crate::{
    layers::{Conv2d, Embedding, Initializer, Linear, WeightScale},
    signal::Signal,
};

/// The initial weights keep a signal's variance; in the discriminator their size has no meaning.
pub(super) const UNIT: WeightScale = WeightScale::Gain(1.0);

/// Whether there is a pair for samples of `shape` [C, H, W].
pub(super) fn serves([channels, height, width]: [usize; 3]) -> bool {
    (1..=4).contains(&channels) && height == width && Widths::of(height).is_some()
}

/// The widths of the paper.
#[derive(Debug)]
struct Widths {
    /// The side of the generator's first stage.
    side: usize,
    /// What the full connection gives, and every block.
    generator: &'static [usize],
    /// The blocks that halve the size, and those that keep it.
    down: &'static [usize],
    keep: &'static [usize],
}

impl Widths {
    fn of(size: usize) -> Option<Self> {
        let (down, keep) = (&[64, 128, 256, 512], &[1024]);
        match size {
            32 => Some(Widths { side: 4, generator: &[256; 4], down: &[128; 2], keep: &[128; 2] }),
            48 => Some(Widths { side: 6, generator: &[512, 256, 128, 64], down, keep }),
            64 => Some(Widths { side: 4, generator: &[512, 512, 256, 128, 64], down, keep }),
            _ => None,
        }
    }

    /// # Panics
    /// Where [`serves`] says no.
    fn for_shape([_, height, _]: [usize; 3]) -> Self {
        Self::of(height).expect("the registry asks whether the network serves the shape")
    }
}

impl Capacity {
    fn share_of(self, width: usize) -> usize {
        match self {
            Capacity::Small => width / 4,
            Capacity::Medium => width / 2,
            Capacity::Large => width,
        }
    }
}

/// A residual block of the generator, which doubles the size.
#[derive(Module, Debug)]
pub struct UpBlock {
    norm1: Norm,
    conv1: Conv2d,
    norm2: Norm,
    conv2: Conv2d,
    shortcut: Conv2d,
}

impl UpBlock {
    fn new(from: usize, to: usize, classes: &GeneratorClasses, init: &mut Initializer) -> Self {
        UpBlock {
            norm1: classes.norm(from, init),
            conv1: Conv2d::new(from, to, 3, init).padding(1).without_bias(),
            norm2: classes.norm(to, init),
            conv2: Conv2d::new(to, to, 3, init).padding(1),
            shortcut: Conv2d::new(from, to, 1, init).without_bias(),
        }
    }

    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<4> {
        let inner = self.conv1.forward(self.norm1.forward(x.clone(), pass).upsample());
        self.conv2.forward(self.norm2.forward(inner, pass)).skip(self.shortcut.forward(x).upsample())
    }
}

/// `z` [N, latent] -> [N, C, H, W], in [-1, 1].
#[derive(Module, Debug)]
pub struct SnGanGenerator {
    embedding: Option<Embedding>,
    fc: Linear,
    blocks: Vec<UpBlock>,
    norm: Norm,
    to_image: Conv2d,
    side: usize,
    latent: usize,
    classes: Option<usize>,
}

impl SnGanGenerator {
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
        let Widths { side, generator, .. } = Widths::for_shape(shape);
        let widths: Vec<usize> = generator.iter().map(|width| capacity.share_of(*width)).collect();
        let (first, last) = (widths[0], widths[widths.len() - 1]);
        SnGanGenerator {
            embedding: classes.embedding(init),
            fc: Linear::new(classes.inputs(latent), first * side * side, init),
            blocks: widths.windows(2).map(|pair| UpBlock::new(pair[0], pair[1], &classes, init)).collect(),
            norm: classes.norm(last, init),
            to_image: Conv2d::new(last, shape[0], 3, init).padding(1),
            side,
            latent,
            classes: classes.count(),
        }
    }
}

impl Generator for SnGanGenerator {
    fn latent_size(&self) -> usize {
        self.latent
    }

    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        Signal::from(self.unbounded(z, pass)).tanh().value
    }

    fn classes(&self) -> Option<usize> {
        self.classes
    }
}

impl Decoder for SnGanGenerator {
    fn unbounded(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        let x = self.fc.forward(conditional::with_embedding(&self.embedding, z, pass).into());
        let channels = x.dims()[1] / (self.side * self.side);
        let x = x.unflatten([channels, self.side, self.side]);
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x, pass));
        self.to_image.forward(self.norm.forward(x, pass)).value
    }
}

/// A residual block of the discriminator.
#[derive(Module, Debug)]
pub struct DownBlock {
    conv1: Conv2d,
    conv2: Conv2d,
    /// None where neither size nor width change.
    shortcut: Option<Conv2d>,
    is_first: bool,
    halves: bool,
}

impl DownBlock {
    fn new(from: usize, to: usize, is_first: bool, halves: bool, init: &mut Initializer) -> Self {
        DownBlock {
            conv1: Conv2d::new(from, to, 3, init).padding(1).relu().spectral_norm(init),
            conv2: Conv2d::new(to, to, 3, init).padding(1).spectral_norm(init),
            shortcut: (halves || from != to).then(|| Conv2d::new(from, to, 1, init).without_bias().spectral_norm(init)),
            is_first,
            halves,
        }
    }

    fn forward(&self, x: Signal<4>) -> Signal<4> {
        let halved = |x: Signal<4>| if self.halves { x.downsample() } else { x };
        let active = if self.is_first { x.clone() } else { x.clone().relu() };
        let inner = halved(self.conv2.forward(self.conv1.forward(active)));
        let x = halved(x);
        inner.skip(match &self.shortcut {
            Some(shortcut) => shortcut.forward(x),
            None => x,
        })
    }

    fn before_update(&self) {
        self.conv1.before_update();
        self.conv2.before_update();
        self.shortcut.iter().for_each(Conv2d::before_update);
    }
}

/// `x` [N, C, H, W] -> [N, 1].
#[derive(Module, Debug)]
pub struct SnGanDiscriminator {
    planes: Option<LabelPlanes>,
    blocks: Vec<DownBlock>,
    fc: Head,
}

impl SnGanDiscriminator {
    /// For samples of `shape` [C, H, W].
    ///
    /// # Panics
    /// For a shape that the pair does not serve.
    pub fn new(shape: [usize; 3], capacity: Capacity, ends: Ends, init: &mut Initializer) -> Self {
        let Widths { down, keep, .. } = Widths::for_shape(shape);
        let mut from = ends.channels(shape[0]);
        let mut blocks = Vec::new();
        for (index, width) in down.iter().chain(keep).enumerate() {
            let to = capacity.share_of(*width);
            blocks.push(DownBlock::new(from, to, index == 0, index < down.len(), init));
            from = to;
        }
        SnGanDiscriminator { planes: ends.planes(), blocks, fc: ends.head(from, init).spectral_norm(init) }
    }
}

impl Discriminator for SnGanDiscriminator {
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2> {
        let x = labelled(&self.planes, x, pass);
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x)).relu();
        self.fc.forward(x.linear_map(|x| x.sum_dim(3).sum_dim(2).flatten(1, 3)), pass)
    }

    fn classes(&self) -> Option<usize> {
        self.fc.classes().or(self.planes.as_ref().map(LabelPlanes::classes))
    }

    fn before_update(&mut self) {
        self.blocks.iter().for_each(DownBlock::before_update);
        self.fc.before_update();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        parameters::{self, NamedTensors},
        testing::*,
    };

    fn discriminator(size: usize) -> SnGanDiscriminator {
        let mut init = initializer();
        SnGanDiscriminator::new([3, size, size], Capacity::Small, Ends::default(), init.scale(UNIT))
    }

    #[test]
    fn every_size_and_number_of_channels_has_a_pair() {
        for [channels, side] in [[1, 32], [4, 32], [3, 48], [3, 64]] {
            let shape = [channels, side, side];
            assert!(serves(shape));
            let init = &mut initializer();
            let generator = SnGanGenerator::new(5, shape, Capacity::Small, GeneratorClasses::default(), init);
            let images = generator.forward(wave([2, 5], 0.0), &Pass::eval());
            assert_eq!(images.dims(), [2, channels, side, side]);
            let discriminator = SnGanDiscriminator::new(shape, Capacity::Small, Ends::default(), init);
            assert_eq!(discriminator.forward(images.into(), &Pass::eval()).dims(), [2, 1]);
        }
        for shape in [[3, 28, 28], [3, 48, 32], [5, 32, 32], [0, 32, 32], [2, 1, 1]] {
            assert!(!serves(shape), "{shape:?}");
        }
    }

    #[test]
    fn the_singular_vectors_of_every_weight_are_saved_and_advance_once_an_update() {
        let mut network = discriminator(32);
        let saved = |network: &SnGanDiscriminator| {
            let mut tensors = NamedTensors::new();
            parameters::save(network, "d", &mut tensors);
            tensors
        };
        let before = saved(&network);
        let ends_in = |end: &str| before.keys().filter(|name| name.ends_with(end)).count();
        assert_eq!((ends_in(".weight"), ends_in("spectral_norm.u"), ends_in("spectral_norm.v")), (11, 11, 11));
        network.forward(wave([1, 3, 32, 32], 0.0).into(), &Pass::train());
        assert!(before == saved(&network), "a pass leaves the iteration where it is");
        network.before_update();
        let after = saved(&network);
        let moved = |name: &&String| before[name.as_str()] != after[name.as_str()];
        // the head's one column has one direction, which is found at the start
        assert!(before.keys().filter(moved).all(|name| name.contains("spectral_norm")));
        assert!(
            before.keys().filter(|name| name.contains("conv")).filter(|name| name.ends_with(".u")).all(|n| moved(&n))
        );
    }

    #[test]
    fn weights_ten_times_as_large_make_the_same_logits() {
        let x = wave([2, 3, 32, 32], 0.4);
        let logits = |network: &SnGanDiscriminator| values(network.forward(x.clone().into(), &Pass::eval()).value);
        let network = discriminator(32);
        let larger = parameters::map_trained(network.clone(), |weight| weight * 10.0);
        for (expected, got) in logits(&network).into_iter().zip(logits(&larger)) {
            assert!((expected - got).abs() < 1e-4 * expected.abs().max(1.0), "{expected} {got}");
        }
    }
}
