//! What may be typed after `ganymede train`. Nothing here has a meaning yet; [`super::settings`] gives it one.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ganymede::{
    networks::{Capacity, ClassSampling, GeneratorLabels, HeadKind},
    training::{Latent, Schedule},
};

use super::{augmentation::AugmentArguments, burn_in::BurnInArguments, health::HealthArguments};
use crate::form::FormArguments;

#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "See `ganymede train --help` for every setting and examples.", after_long_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    pub data: DataArguments,
    #[command(flatten)]
    pub form: FormArguments,
    #[command(flatten)]
    pub networks: NetworkArguments,
    #[command(flatten)]
    pub model: ModelArguments,
    #[command(flatten)]
    pub game: GameArguments,
    #[command(flatten)]
    pub augmentation: AugmentArguments,
    #[command(flatten)]
    pub optimizers: OptimizerArguments,
    #[command(flatten)]
    pub burn_in: BurnInArguments,
    #[command(flatten)]
    pub length: LengthArguments,
    #[command(flatten)]
    pub metrics: MetricsArguments,
    #[command(flatten)]
    pub health: HealthArguments,
    #[command(flatten)]
    pub output: OutputArguments,
}

const EXAMPLES: &str = "\
Examples:
  ganymede train
      Ten kinds of shapes, drawn by the program itself: no files, a few minutes.
  ganymede train --data fashion-mnist --explain
      Clothes, with what every number means and where it is healthy.
  ganymede train --data photos/ --size 32 --network dcgan32 --objective relativistic --penalty r1+r2 --kimg 2000
      A folder of pictures, or a folder of folders with one class each.
  ganymede train --preset ring8 --objective wasserstein --penalty wgan-gp --n-critic 5
      A preset with another game.
  ganymede train --data photos/ --preset tiles32 --augment colour,translation,cutout
      Few pictures: what the discriminator sees is transformed, as often as it needs.
  ganymede train --data fashion-mnist --metrics fid,kid
      Measured at every snapshot; the best one is kept: ganymede sample RUN --best.
  ganymede train --data fashion-mnist --conditional
      One generator for all ten classes, which `ganymede sample RUN --class NAME` asks for.
  ganymede train --data fashion-mnist --model vae --likelihood bernoulli --beta-warmup 0.1
      The same generator trained by likelihood, as the decoder of a VAE.
  ganymede train --data mnist --dry-run
      The networks, the memory and the time it would take.
  ganymede train --resume runs/00000-shapes-non-saturating --steps 6000
      A run goes on where it stopped, here to twice its length.";

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct DataArguments {
    /// A built-in set (shapes, ring8, ...), one that is fetched (fashion-mnist, mnist), or a folder, a ZIP or a file
    #[arg(long, value_name = "NAME|PATH")]
    pub data: Option<String>,

    /// Settings that go together; see `ganymede list`. Without it: the preset named like the data, if there is one
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,

    /// Show every image from right to left as well
    #[arg(long)]
    pub mirror: bool,

    /// Share of a folder's pictures that no training sees, such as 0.05: with it overfitting is watched, and metrics are against
    /// pictures that the run does not know [default: none]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub hold_out: Option<f64>,

    /// Share of the pictures of a folder that may be unreadable [default: 0.001]
    #[arg(long, value_name = "SHARE", hide_short_help = true)]
    pub tolerate: Option<f64>,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Networks")]
pub struct NetworkArguments {
    /// The pair of networks; see `ganymede list`
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,

    /// How wide and deep, for the networks that have the choice [default: small]
    #[arg(long, value_name = "NAME")]
    pub capacity: Option<CapacityName>,

    /// Number of latent dimensions [default: that of the network]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub latent_size: Option<usize>,

    /// Distribution of the latents [default: normal]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub latent: Option<LatentName>,

    /// Batch normalisation in the discriminator, for the networks that have the choice
    #[arg(long, hide_short_help = true)]
    pub discriminator_batch_norm: bool,

    /// Learn to make the class one asks for, from labelled data
    #[arg(long)]
    pub conditional: bool,

    /// How the discriminator hears of the class [default: projection]
    #[arg(long, value_name = "NAME", requires = "conditional", hide_short_help = true)]
    pub head: Option<HeadName>,

    /// Add the label-free term psi(phi(x)) to the projection head
    #[arg(long, requires = "conditional", hide_short_help = true)]
    pub projection_psi: bool,

    /// How the generator hears of the class [default: cbn where it has batch norm, else embedding]
    #[arg(long, value_name = "NAME", requires = "conditional", hide_short_help = true)]
    pub generator_labels: Option<GeneratorLabelsName>,

    /// Which classes a batch holds [default: natural]
    #[arg(long, value_name = "NAME", requires = "conditional", hide_short_help = true)]
    pub class_sampling: Option<ClassSamplingName>,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "The model")]
pub struct ModelArguments {
    /// What is trained: a game of two networks, or a VAE, whose decoder is the generator [default: gan]
    #[arg(long, value_name = "NAME")]
    pub model: Option<ModelName>,

    /// Density of the data given what a VAE's decoder makes, NAME[:SCALE]; see `ganymede list` [default: bernoulli,
    /// gaussian-learned for points]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub likelihood: Option<String>,

    /// What a VAE's divergence from the prior weighs [default: 1]
    #[arg(long, value_name = "BETA", allow_negative_numbers = true, hide_short_help = true)]
    pub beta: Option<f64>,

    /// Share of the run over which beta grows from 0 [default: 0]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, hide_short_help = true)]
    pub beta_warmup: Option<f64>,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "The game")]
pub struct GameArguments {
    /// What generator and discriminator play for; see `ganymede list`
    #[arg(long, value_name = "NAME")]
    pub objective: Option<String>,

    /// Gradient penalties NAME[:WEIGHT][/EVERY], joined by '+', or none. r1:10/16+r2 is R1 of weight 10 on every 16th
    /// update and R2 of its usual weight
    #[arg(long, value_name = "SUM")]
    pub penalty: Option<String>,

    /// Clip the discriminator's weights to [-C, C] after each update (the original WGAN); 0.01 without a value
    #[arg(long, value_name = "C", num_args = 0..=1, default_missing_value = "0.01", allow_negative_numbers = true, hide_short_help = true)]
    pub clip: Option<f64>,

    /// Updates of the discriminator for one of the generator [default: 1]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub n_critic: Option<u64>,

    /// Samples a batch [default: 64]
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,

    /// Every draw of the run follows from it: the same seed gives the same files [default: 0]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Optimizers (Adam)")]
pub struct OptimizerArguments {
    /// Learning rate of the generator [default: 2e-4]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, hide_short_help = true)]
    pub generator_rate: Option<f64>,

    /// Learning rate of the discriminator [default: 2e-4]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, hide_short_help = true)]
    pub discriminator_rate: Option<f64>,

    /// Decay of the first moment, of both [default: 0.5]
    #[arg(long, value_name = "B", allow_negative_numbers = true, hide_short_help = true)]
    pub beta1: Option<f64>,

    /// Decay of the second moment, of both [default: 0.999]
    #[arg(long, value_name = "B", allow_negative_numbers = true, hide_short_help = true)]
    pub beta2: Option<f64>,

    /// How the learning rates move over the run [default: constant]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub schedule: Option<ScheduleName>,

    /// Half-life of the generator's average in thousands of images shown; 0 for none [default: 10]
    #[arg(long, value_name = "KIMG", allow_negative_numbers = true, hide_short_help = true)]
    pub average_kimg: Option<f64>,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Length")]
pub struct LengthArguments {
    /// Training steps, each with one update of the generator [default: 6000]
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,

    /// The length in thousands of images shown to the discriminator instead
    #[arg(long, value_name = "KIMG", conflicts_with = "steps", allow_negative_numbers = true)]
    pub kimg: Option<f64>,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Metrics")]
pub struct MetricsArguments {
    /// Measure the generator at snapshots: fid, kid, prdc, ms-ssim, memorisation, modes, accuracy, with commas. Every figure goes to
    /// metrics.jsonl; by the first of fid, kid, prdc (coverage), modes the best checkpoint is kept
    #[arg(long, value_name = "LIST")]
    pub metrics: Option<String>,

    /// Measure every N-th snapshot, and the last [default: 1]
    #[arg(long, value_name = "N", requires = "metrics", hide_short_help = true)]
    pub metrics_every: Option<u64>,

    /// What the metrics are computed on, as in `evaluate` [default: random-conv; pixels for points]
    #[arg(long, value_name = "NAME", requires = "metrics", hide_short_help = true)]
    pub metrics_features: Option<String>,

    /// Samples of either side [default: 2000]
    #[arg(long, value_name = "N", requires = "metrics", hide_short_help = true)]
    pub metrics_n: Option<usize>,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArguments {
    /// The directory of the run; one that holds a run of these settings goes on [default: a new one in runs/]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Go on with the run in DIR, with its settings
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "out", "tick", "snapshot", "keep_every", "DataArguments", "FormArguments", "NetworkArguments", "ModelArguments", "GameArguments",
        "AugmentArguments", "BurnInArguments", "OptimizerArguments", "MetricsArguments", "HealthArguments",
    ])]
    pub resume: Option<PathBuf>,

    /// Print networks, memory and time, write nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Say what every number means and where it is healthy
    #[arg(long)]
    pub explain: bool,

    /// Print only the run's directory, at the end
    #[arg(long, short)]
    pub quiet: bool,

    /// Show no pictures in the terminal
    #[arg(long, hide_short_help = true)]
    pub no_picture: bool,

    /// Steps between two lines of statistics [default: 50]
    #[arg(long, value_name = "STEPS", hide_short_help = true)]
    pub tick: Option<u64>,

    /// Steps between two grids and checkpoints [default: 500]
    #[arg(long, value_name = "STEPS", hide_short_help = true)]
    pub snapshot: Option<u64>,

    /// Keep every N-th checkpoint for good, beside the last two and the best [default: 0, none]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub keep_every: Option<u64>,

    /// Threads to compute on; the results are the same on any number [default: all processors]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub threads: Option<usize>,

    /// The device: cpu, cuda:N or wgpu; the last two in builds with the cargo feature of that name
    #[arg(long, value_name = "NAME", default_value = "cpu", hide_short_help = true)]
    pub device: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LatentName {
    /// N(0, I)
    Normal,
    /// Uniform on [-1, 1]
    Uniform,
}

impl From<LatentName> for Latent {
    fn from(name: LatentName) -> Self {
        match name {
            LatentName::Normal => Latent::Normal,
            LatentName::Uniform => Latent::Uniform,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModelName {
    /// A generator and a discriminator that play against each other
    Gan,
    /// A variational autoencoder, trained by likelihood
    Vae,
}

/// A choice of the library under the name that is typed for it.
macro_rules! choice {
    ($name:ident for $choice:ident { $($(#[$doc:meta])* $variant:ident),* $(,)? }) => {
        #[derive(Debug, Clone, Copy, ValueEnum)]
        pub enum $name {
            $($(#[$doc])* $variant),*
        }

        impl From<$name> for $choice {
            fn from(name: $name) -> Self {
                match name {
                    $($name::$variant => $choice::$variant),*
                }
            }
        }
    };
}

choice!(CapacityName for Capacity {
    /// 32 channels at 32 x 32 pixels, one block a stage
    Small,
    /// 64 channels, one block a stage
    Medium,
    /// 128 channels, two blocks a stage
    Large,
});

choice!(HeadName for HeadKind {
    /// y^T (A phi(x) + b), a row and a bias a class (Miyato & Koyama 2018)
    Projection,
    /// One-hot planes beside the image
    Concat,
});

choice!(GeneratorLabelsName for GeneratorLabels {
    /// Class-conditional batch norm: gain and bias of the class
    Cbn,
    /// A learnt row beside the latent
    Embedding,
    /// Both
    Both,
});

choice!(ClassSamplingName for ClassSampling {
    /// As often as in the data
    Natural,
    /// All equally often
    Balanced,
});

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ScheduleName {
    /// The same all the time
    Constant,
    /// Down to 0 in a straight line
    Linear,
    /// Down to 0 along half a cosine
    Cosine,
}

impl From<ScheduleName> for Schedule {
    fn from(name: ScheduleName) -> Self {
        match name {
            ScheduleName::Constant => Schedule::Constant,
            ScheduleName::Linear => Schedule::Linear,
            ScheduleName::Cosine => Schedule::Cosine,
        }
    }
}
