//! What moves over the first part of a run, as it may be typed.

use clap::Args;
use ganymede::{Error, training::BurnIn};

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Burn-in")]
pub struct BurnInArguments {
    /// Thousands of images over which the settings of --burn-in-to move, along half a cosine, from what they are to there
    #[arg(long, value_name = "KIMG", requires = "burn_in_to", allow_negative_numbers = true, hide_short_help = true)]
    pub burn_in: Option<f64>,

    /// Where they end, NAME=VALUE with commas: rate and penalty, factors from 0 of what they were; beta2, in [0, 1);
    /// average-kimg, from 0; augment-p, 0 to 1
    #[arg(long, value_name = "LIST", requires = "burn_in", hide_short_help = true)]
    pub burn_in_to: Option<String>,
}

impl BurnInArguments {
    /// `settings`, or what was typed.
    ///
    /// # Errors
    /// For a list that cannot be read.
    pub fn over(&self, settings: Option<BurnIn>) -> Result<Option<BurnIn>, Error> {
        match (self.burn_in, &self.burn_in_to) {
            (Some(kimg), Some(ends)) => BurnIn::parse(kimg, ends).map(Some),
            _ => Ok(settings),
        }
    }
}
