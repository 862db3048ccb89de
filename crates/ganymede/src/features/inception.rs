//! The InceptionV3 of 2015-12-05 (Szegedy et al. 2016), whose features the FID is defined on.
//!
//! ```text
//! image 0..255 -> 299x299, bilinear as in TensorFlow 1 -> (x - 128)/128
//! 1a 3x3/2, 2a 3x3, 2b 3x3, max 3x3/2    tap 64      3b 1x1, 4a 3x3, max 3x3/2          tap 192
//! 5b 5c 5d, 6a, 6b 6c 6d 6e              tap 768     7a, 7b 7c                          tap 2048
//! ```
//! A tap is the mean over the pixels. Every convolution has its batch normalisation folded in and a ReLU on it. Where this
//! network differs from the usual InceptionV3: the average pooling of a block leaves out the pixels beyond the border, and
//! the last block pools by the maximum.

use ganymede_ops::inference::{ConvRelu, Map, Workspace, average_pool_3x3, max_pool_3x3};

use super::{Extractor, InceptionWeights, Samples, resize::resize_bilinear};
use crate::error::Result;

/// Height and width that images are resized to.
const SIDE: usize = 299;

/// Where the features are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tap {
    Features64,
    Features192,
    Features768,
    Features2048,
}

impl Tap {
    pub const ALL: [Tap; 4] = [Tap::Features64, Tap::Features192, Tap::Features768, Tap::Features2048];

    /// The number of features.
    pub fn dim(self) -> usize {
        match self {
            Tap::Features64 => 64,
            Tap::Features192 => 192,
            Tap::Features768 => 768,
            Tap::Features2048 => 2048,
        }
    }
}

/// The network, up to one of its taps.
#[derive(Debug)]
pub struct Inception {
    layers: Vec<Layer>,
    tap: Tap,
    /// That of the weights.
    digest: String,
}

#[derive(Debug)]
enum Layer {
    Conv(ConvRelu),
    MaxPool,
    Block(Vec<Branch>),
}

/// A column of a block; the outputs of the columns lie side by side.
#[derive(Debug)]
struct Branch {
    pool: Option<Pool>,
    convs: Vec<ConvRelu>,
    /// The last convolutions, all on the output of `convs`, side by side: two where the branch forks, else one or none.
    heads: Vec<ConvRelu>,
}

#[derive(Debug, Clone, Copy)]
enum Pool {
    Average,
    Max { stride: usize },
}

/// A convolution as the plan of the network names it.
#[derive(Debug, Clone, Copy)]
struct Step {
    name: &'static str,
    kernel: [usize; 2],
    stride: usize,
    padding: [usize; 2],
}

/// 1x1.
const fn conv(name: &'static str) -> Step {
    Step { name, kernel: [1, 1], stride: 1, padding: [0, 0] }
}

/// 3x3 without padding, so that the image loses its border.
const fn narrowing(name: &'static str) -> Step {
    Step { kernel: [3, 3], ..conv(name) }
}

/// Padded as much as keeps the size.
const fn padded(name: &'static str, vertical: usize, horizontal: usize) -> Step {
    let kernel = [2 * vertical + 1, 2 * horizontal + 1];
    Step { kernel, padding: [vertical, horizontal], ..conv(name) }
}

/// 3x3 of stride 2.
const fn halving(name: &'static str) -> Step {
    Step { stride: 2, ..narrowing(name) }
}

impl Inception {
    /// The network up to `tap`.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) naming the first layer that the weights lack or have in another shape.
    pub fn new(weights: &InceptionWeights, tap: Tap) -> Result<Self> {
        let mut builder = Builder { weights, layers: Vec::new(), channels: 3 };
        builder.conv(halving("Conv2d_1a_3x3"))?;
        builder.conv(narrowing("Conv2d_2a_3x3"))?;
        builder.conv(padded("Conv2d_2b_3x3", 1, 1))?;
        builder.layers.push(Layer::MaxPool);
        if tap != Tap::Features64 {
            builder.conv(conv("Conv2d_3b_1x1"))?;
            builder.conv(narrowing("Conv2d_4a_3x3"))?;
            builder.layers.push(Layer::MaxPool);
        }
        if matches!(tap, Tap::Features768 | Tap::Features2048) {
            for block in ["Mixed_5b", "Mixed_5c", "Mixed_5d"] {
                builder.block_a(block)?;
            }
            builder.block_b("Mixed_6a")?;
            for block in ["Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"] {
                builder.block_c(block)?;
            }
        }
        if tap == Tap::Features2048 {
            builder.block_d("Mixed_7a")?;
            builder.block_e("Mixed_7b", Pool::Average)?;
            builder.block_e("Mixed_7c", Pool::Max { stride: 1 })?;
        }
        builder.expect_channels(tap.dim())?;
        Ok(Inception { layers: builder.layers, tap, digest: weights.digest.clone() })
    }

    /// The features of one image.
    ///
    /// # Shapes
    /// `rgb` [H, W, 3] -> [tap.dim()].
    pub fn of_image(&self, rgb: &[u8], [height, width]: [usize; 2], workspace: &mut Workspace) -> Vec<f32> {
        let mut x = workspace.map(SIDE, SIDE, 3);
        resize_bilinear(rgb, [height, width], [SIDE, SIDE], &mut x.values);
        x.values.iter_mut().for_each(|value| *value = (*value - 128.0) / 128.0);
        for layer in &self.layers {
            let y = layer.forward(&x, workspace);
            workspace.recycle(std::mem::replace(&mut x, y));
        }
        let features = x.channel_means();
        workspace.recycle(x);
        features
    }
}

impl Extractor for Inception {
    fn name(&self) -> String {
        format!("inception-{}", self.tap.dim())
    }

    fn identity(&self) -> String {
        format!("weights {}", self.digest)
    }

    fn dim(&self, _: [usize; 3]) -> usize {
        self.tap.dim()
    }

    fn is_slow(&self) -> bool {
        true
    }

    fn features(&self, samples: &Samples, index: usize, workspace: &mut Workspace) -> Result<Vec<f32>> {
        let [_, height, width] = samples.shape();
        Ok(self.of_image(&samples.rgb(index)?, [height, width], workspace))
    }
}

impl Layer {
    fn forward(&self, x: &Map, workspace: &mut Workspace) -> Map {
        match self {
            Layer::Conv(conv) => conv.forward(x, workspace),
            Layer::MaxPool => max_pool_3x3(x, 2, 0, workspace),
            Layer::Block(branches) => {
                let halved = branches.iter().any(|branch| matches!(branch.pool, Some(Pool::Max { stride: 2 })));
                let side = |size: usize| if halved { (size - 3) / 2 + 1 } else { size };
                let channels = branches.iter().map(|branch| branch.channels_out(x.channels)).sum();
                let mut y = workspace.map(side(x.height), side(x.width), channels);
                let mut offset = 0;
                for branch in branches {
                    branch.forward_into(x, &mut y, offset, workspace);
                    offset += branch.channels_out(x.channels);
                }
                y
            }
        }
    }
}

impl Branch {
    fn channels_out(&self, channels_in: usize) -> usize {
        if self.heads.is_empty() { channels_in } else { self.heads.iter().map(ConvRelu::channels_out).sum() }
    }

    fn forward_into(&self, x: &Map, y: &mut Map, mut offset: usize, workspace: &mut Workspace) {
        let mut inner: Option<Map> = self.pool.map(|pool| match pool {
            Pool::Average => average_pool_3x3(x, workspace),
            Pool::Max { stride } => max_pool_3x3(x, stride, usize::from(stride == 1), workspace),
        });
        for conv in &self.convs {
            let next = conv.forward(inner.as_ref().unwrap_or(x), workspace);
            if let Some(old) = inner.replace(next) {
                workspace.recycle(old);
            }
        }
        for head in &self.heads {
            head.forward_into(inner.as_ref().unwrap_or(x), y, offset, workspace);
            offset += head.channels_out();
        }
        let Some(inner) = inner else { return };
        if self.heads.is_empty() {
            let (from, to) = (inner.channels, y.channels);
            for (pixel, out) in inner.values.chunks_exact(from).zip(y.values.chunks_exact_mut(to)) {
                out[offset..offset + from].copy_from_slice(pixel);
            }
        }
        workspace.recycle(inner);
    }
}

/// Adds layers one after the other, each of as many channels as the one before gives.
struct Builder<'a> {
    weights: &'a InceptionWeights,
    layers: Vec<Layer>,
    channels: usize,
}

impl Builder<'_> {
    fn conv(&mut self, step: Step) -> Result<()> {
        let conv = self.weights.conv(step.name, self.channels, step.kernel, step.stride, step.padding)?;
        self.channels = conv.channels_out();
        self.layers.push(Layer::Conv(conv));
        Ok(())
    }

    /// 35x35: 1x1, 5x5, double 3x3, pool.
    fn block_a(&mut self, name: &str) -> Result<()> {
        self.block(
            name,
            &[
                (None, &[], &[conv("branch1x1")]),
                (None, &[conv("branch5x5_1")], &[padded("branch5x5_2", 2, 2)]),
                (None, &[conv("branch3x3dbl_1"), padded("branch3x3dbl_2", 1, 1)], &[padded("branch3x3dbl_3", 1, 1)]),
                (Some(Pool::Average), &[], &[conv("branch_pool")]),
            ],
        )
    }

    /// 35x35 to 17x17.
    fn block_b(&mut self, name: &str) -> Result<()> {
        self.block(
            name,
            &[
                (None, &[], &[halving("branch3x3")]),
                (None, &[conv("branch3x3dbl_1"), padded("branch3x3dbl_2", 1, 1)], &[halving("branch3x3dbl_3")]),
                (Some(Pool::Max { stride: 2 }), &[], &[]),
            ],
        )
    }

    /// 17x17: 1x1, 7x7 and double 7x7 as rows and columns, pool.
    fn block_c(&mut self, name: &str) -> Result<()> {
        let double = [
            conv("branch7x7dbl_1"),
            padded("branch7x7dbl_2", 3, 0),
            padded("branch7x7dbl_3", 0, 3),
            padded("branch7x7dbl_4", 3, 0),
        ];
        self.block(
            name,
            &[
                (None, &[], &[conv("branch1x1")]),
                (None, &[conv("branch7x7_1"), padded("branch7x7_2", 0, 3)], &[padded("branch7x7_3", 3, 0)]),
                (None, &double, &[padded("branch7x7dbl_5", 0, 3)]),
                (Some(Pool::Average), &[], &[conv("branch_pool")]),
            ],
        )
    }

    /// 17x17 to 8x8.
    fn block_d(&mut self, name: &str) -> Result<()> {
        let by_seven = [conv("branch7x7x3_1"), padded("branch7x7x3_2", 0, 3), padded("branch7x7x3_3", 3, 0)];
        self.block(
            name,
            &[
                (None, &[conv("branch3x3_1")], &[halving("branch3x3_2")]),
                (None, &by_seven, &[halving("branch7x7x3_4")]),
                (Some(Pool::Max { stride: 2 }), &[], &[]),
            ],
        )
    }

    /// 8x8, with forks into rows and columns.
    fn block_e(&mut self, name: &str, pool: Pool) -> Result<()> {
        self.block(
            name,
            &[
                (None, &[], &[conv("branch1x1")]),
                (None, &[conv("branch3x3_1")], &[padded("branch3x3_2a", 0, 1), padded("branch3x3_2b", 1, 0)]),
                (
                    None,
                    &[conv("branch3x3dbl_1"), padded("branch3x3dbl_2", 1, 1)],
                    &[padded("branch3x3dbl_3a", 0, 1), padded("branch3x3dbl_3b", 1, 0)],
                ),
                (Some(pool), &[], &[conv("branch_pool")]),
            ],
        )
    }

    fn block(&mut self, name: &str, plan: &[(Option<Pool>, &[Step], &[Step])]) -> Result<()> {
        let mut branches = Vec::new();
        for (pool, convs, heads) in plan {
            let mut channels = self.channels;
            let load = |step: &Step, channels: usize| {
                let name = format!("{name}.{}", step.name);
                self.weights.conv(&name, channels, step.kernel, step.stride, step.padding)
            };
            let mut built = Vec::new();
            for step in *convs {
                let conv = load(step, channels)?;
                channels = conv.channels_out();
                built.push(conv);
            }
            let heads = heads.iter().map(|step| load(step, channels)).collect::<Result<_>>()?;
            branches.push(Branch { pool: *pool, convs: built, heads });
        }
        self.channels = branches.iter().map(|branch| branch.channels_out(self.channels)).sum();
        self.layers.push(Layer::Block(branches));
        Ok(())
    }

    fn expect_channels(&self, expected: usize) -> Result<()> {
        if self.channels == expected { Ok(()) } else { Err(self.weights.foreign(expected, self.channels)) }
    }
}
