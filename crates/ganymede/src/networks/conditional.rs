//! How a pair hears of the classes of its samples.
//!
//! ```text
//! D   projection   h(x, y) = y^T (A phi(x) + b) [+ psi(phi(x))]        the last layer, a row and a bias a class
//!     concat       h([x; planes(y)])                                   one-hot planes beside the image
//! G   cbn          gamma_y (x - mean) / sqrt(var + eps) + beta_y       gain and bias of every batch norm, a row a class
//!     embedding    G([z; e_y])                                         a learnt row beside the latent
//! ```

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{LabelPlanes, Norm, Pass, heads::Head};
use crate::{
    error::{Error, Result},
    layers::{BatchNorm, ConditionalBatchNorm, Embedding, Initializer},
};

/// Numbers of a label's embedding.
const EMBEDDING: usize = 32;
/// Settings may come with a checkpoint from anywhere: more classes than this get no rows on their word.
const MAX_CLASSES: usize = 1 << 16;

/// The settings of class-conditional training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditional {
    /// How the discriminator hears of the class.
    pub head: HeadKind,
    /// The label-free term psi(phi(x)) of the projection head.
    pub psi: bool,
    /// How the generator hears of it; `cbn` where it has batch normalisation, else `embedding`, where not given.
    pub generator: Option<GeneratorLabels>,
    /// Which classes a batch holds.
    pub sampling: ClassSampling,
}

/// How a discriminator hears of the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadKind {
    /// `y^T (A phi(x) + b)` (Miyato & Koyama 2018).
    #[default]
    Projection,
    /// One-hot planes beside the image (Mirza & Osindero 2014).
    Concat,
}

/// How a generator hears of the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratorLabels {
    /// Class-conditional batch normalisation.
    Cbn,
    /// A learnt row beside the latent.
    Embedding,
    /// Both.
    Both,
}

/// Which classes a batch holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassSampling {
    /// As often as in the data.
    #[default]
    Natural,
    /// All equally often.
    Balanced,
}

impl Conditional {
    /// # Errors
    /// [`Error::Setting`] for a label-free term beside a head that has none.
    pub fn validate(&self) -> Result<()> {
        match self {
            Conditional { head: HeadKind::Concat, psi: true, .. } => {
                Err(Error::setting("projection-psi", "the projection head", "head 'concat'"))
            }
            _ => Ok(()),
        }
    }

    /// # Errors
    /// [`Error::Setting`] where there are no two classes to tell apart.
    pub(super) fn check_classes(classes: usize) -> Result<()> {
        let got = match classes {
            0 => "data without labels".to_owned(),
            1 => "data of one class only".to_owned(),
            classes if classes > MAX_CLASSES => format!("{classes} classes"),
            _ => return Ok(()),
        };
        let expected = format!(
            "labelled data of 2 to {MAX_CLASSES} classes (IDX files with labels, a folder of one folder a class, 'shapes')"
        );
        Err(Error::setting("conditional", expected, got))
    }
}

/// What a discriminator's body stands between: what comes in beside the image, and what is read from its features.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ends {
    /// The classes that come in as planes.
    planes: Option<usize>,
    output: Output,
}

#[derive(Debug, Clone, Copy, Default)]
enum Output {
    /// One logit.
    #[default]
    Logit,
    Projection {
        classes: usize,
        psi: bool,
    },
    /// That many numbers, as an encoder gives them.
    Numbers(usize),
}

impl Ends {
    /// A discriminator of `classes` classes.
    pub fn conditional(conditional: &Conditional, classes: usize) -> Self {
        match conditional.head {
            HeadKind::Projection => Ends { planes: None, output: Output::Projection { classes, psi: conditional.psi } },
            HeadKind::Concat => Ends { planes: Some(classes), output: Output::Logit },
        }
    }

    /// An encoder that gives `outputs` numbers, and sees the class as planes where there are classes.
    pub fn encoder(outputs: usize, classes: Option<usize>) -> Self {
        Ends { planes: classes, output: Output::Numbers(outputs) }
    }

    pub(super) fn planes(&self) -> Option<LabelPlanes> {
        self.planes.map(LabelPlanes::new)
    }

    /// Channels that the first layer sees.
    pub(super) fn channels(&self, channels: usize) -> usize {
        channels + self.planes.unwrap_or(0)
    }

    /// The last layer, on that many features.
    pub(super) fn head(&self, features: usize, init: &mut Initializer) -> Head {
        match self.output {
            Output::Logit => Head::plain(features, 1, init),
            Output::Numbers(outputs) => Head::plain(features, outputs, init),
            Output::Projection { classes, psi } => Head::projection(features, classes, psi, init),
        }
    }
}

/// How a generator is built to hear of classes: how many the rows of its batch norms and of its embedding are.
#[derive(Debug, Clone, Copy, Default)]
pub struct GeneratorClasses {
    norms: Option<usize>,
    embedding: Option<usize>,
}

impl GeneratorClasses {
    /// # Errors
    /// [`Error::Setting`] for class-conditional batch norms of a network that has none.
    pub fn new(labels: Option<GeneratorLabels>, classes: usize, has_batch_norm: bool) -> Result<Self> {
        let usual = if has_batch_norm { GeneratorLabels::Cbn } else { GeneratorLabels::Embedding };
        let labels = labels.unwrap_or(usual);
        if !has_batch_norm && labels != GeneratorLabels::Embedding {
            return Err(Error::setting("generator-labels", "embedding: the generator has no batch norm", "cbn"));
        }
        let when = |asked| if asked { Some(classes) } else { None };
        Ok(GeneratorClasses {
            norms: when(labels != GeneratorLabels::Embedding),
            embedding: when(labels != GeneratorLabels::Cbn),
        })
    }

    pub(super) fn norm(&self, channels: usize, init: &mut Initializer) -> Norm {
        match self.norms {
            Some(classes) => Norm::Conditional(ConditionalBatchNorm::new(channels, classes, init).relu()),
            None => Norm::Plain(BatchNorm::new(channels, init).relu()),
        }
    }

    pub(super) fn embedding(&self, init: &mut Initializer) -> Option<Embedding> {
        self.embedding.map(|classes| Embedding::new(classes, EMBEDDING, init))
    }

    /// How many numbers the first layer sees.
    pub(super) fn inputs(&self, latent: usize) -> usize {
        latent + self.embedding.map_or(0, |_| EMBEDDING)
    }

    pub(super) fn count(&self) -> Option<usize> {
        self.norms.or(self.embedding)
    }
}

/// `[z; e_y]`, where the generator has an embedding.
pub(super) fn with_embedding(embedding: &Option<Embedding>, z: Tensor<2>, pass: &Pass) -> Tensor<2> {
    match embedding {
        Some(embedding) => Tensor::cat(vec![z, pass.class_rows(embedding.weight.val())], 1),
        None => z,
    }
}
