//! A live game: the library's own, with everything known about its densities beside it.

use burn::tensor::{Device, Tensor, TensorData};

use super::{
    Choice, Choices, Density, Divergences, Frame, Grid, History, Pushforward, Record, Scene, Settings,
    density::{self, Component},
    frame::rounded,
    look::Look,
    players::{self, LiveGenerator},
    readings,
};
use crate::{
    error::Result,
    networks::MlpDiscriminator,
    objectives::{self, Objective, Optimum},
    penalties::{self, PenaltyTerm},
    random::{Draws, Purpose, Seed, Step},
    training::{Batch, Game, Learner, Report, Source, TrainingStep},
};

/// Samples with their forces in a frame.
const SHOWN: usize = 160;

/// A game that is looked at.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    stage: Stage,
    game: Game<LiveGenerator, MlpDiscriminator>,
    step: u64,
    playing: bool,
    stopped: Option<String>,
    report: Report,
    history: History,
}

/// What follows from the density alone.
#[derive(Debug)]
struct Stage {
    components: Vec<Component>,
    grid: Grid,
    pushforward: Pushforward,
    /// The mass of p at every node.
    p: Vec<f64>,
    device: Device,
}

/// The real samples of a game.
struct Data<'a> {
    stage: &'a Stage,
    batch: usize,
    seed: Seed,
}

impl Source for Data<'_> {
    fn batch(&self, ordinal: u64) -> Result<Batch> {
        let dimensions = self.stage.grid.dimensions;
        let draws = &mut Draws::new(self.seed, Purpose::Data, ordinal);
        let points = density::sample(&self.stage.components, dimensions, self.batch, draws);
        let images = Tensor::from_data(TensorData::new(points, [self.batch, dimensions, 1, 1]), &self.stage.device);
        Ok(Batch { images, labels: None })
    }
}

impl Stage {
    fn new(density: &Density) -> Self {
        let (components, grid) = (density.components(), Grid::new(density.dimensions, density.reach));
        let p = grid.masses(&components);
        let pushforward = Pushforward::new(density.dimensions);
        Stage { components, grid, pushforward, p, device: Device::flex().autodiff() }
    }
}

impl Session {
    /// The game of those settings before its first step, not playing.
    ///
    /// # Errors
    /// As [`Settings::validate`].
    pub fn new(settings: Settings) -> Result<Self> {
        settings.validate()?;
        let stage = Stage::new(Density::by_name(&settings.density)?);
        let game = new_game(&settings, &stage)?;
        Ok(Session {
            settings,
            stage,
            game,
            step: 0,
            playing: false,
            stopped: None,
            report: Report::default(),
            history: History::default(),
        })
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Steps done so far.
    pub fn steps(&self) -> u64 {
        self.step
    }

    pub fn is_playing(&self) -> bool {
        self.playing
    }

    /// Lets [`Session::play`] go on, unless a number that is none has stopped the game.
    pub fn start(&mut self) {
        self.playing = self.stopped.is_none();
    }

    pub fn pause(&mut self) {
        self.playing = false;
    }

    /// Back to before the first step, not playing.
    ///
    /// # Errors
    /// None that [`Session::new`] did not have.
    pub fn reset(&mut self) -> Result<()> {
        *self = Session::new(self.settings.clone())?;
        Ok(())
    }

    /// Plays by other settings from here on: with the same networks where they can stay, or else from the start.
    ///
    /// # Errors
    /// As [`Settings::validate`]; the game is then unchanged.
    pub fn change(&mut self, settings: Settings) -> Result<()> {
        settings.validate()?;
        if !settings.goes_on_from(&self.settings) {
            let playing = self.playing;
            *self = Session::new(settings)?;
            self.playing = playing;
            return Ok(());
        }
        let mut game = new_game(&settings, &self.stage)?;
        game.load(&self.game.save())?;
        (self.game, self.settings) = (game, settings);
        Ok(())
    }

    /// As many steps as lie between two looks, where the game is playing; whether it did any.
    pub fn play(&mut self) -> bool {
        let before = self.step;
        for _ in 0..self.settings.pace {
            if !self.playing {
                break;
            }
            self.step();
        }
        self.step > before
    }

    /// One step: `n_critic` updates of the discriminator and one of the generator. A step that gives a number that is none
    /// does not happen, and stops the game until it is reset.
    pub fn step(&mut self) {
        if self.stopped.is_some() {
            return;
        }
        let step =
            TrainingStep { seed: self.settings.seed, step: Step(self.step), rate_factor: 1.0, average_keep: 0.0 };
        let data = Data { stage: &self.stage, batch: self.settings.batch, seed: self.settings.seed };
        match self.game.step(step, &data) {
            Ok(report) => (self.report, self.step) = (report, self.step + 1),
            Err(error) => (self.stopped, self.playing) = (Some(error.to_string()), false),
        }
    }

    /// What stays until a setting changes.
    ///
    /// # Errors
    /// None that [`Session::new`] did not have.
    pub fn scene(&self) -> Result<Scene> {
        let (objective, penalties) = self.rules()?;
        let (output, target) = match objective.optimum() {
            Some(Optimum::LogRatio) => ("D = sigmoid(h)", "D* = p / (p + q)"),
            Some(Optimum::Share) => ("h", "h* = p / (p + q)"),
            Some(Optimum::Sign) => ("h", "h* = sign(p - q)"),
            None => ("h, less its mean", "no closed form: only its slope has a meaning"),
        };
        let volume = self.stage.grid.volume();
        let meanings = readings::meanings(objective, &penalties);
        Ok(Scene {
            settings: self.settings.clone(),
            choices: Choices::new(),
            grid: self.stage.grid,
            p: self.stage.p.iter().map(|mass| rounded(mass / volume)).collect(),
            output,
            target,
            legend: meanings.into_iter().map(|(name, meaning)| Choice::new(name, meaning)).collect(),
        })
    }

    /// A look at the game, which its history remembers.
    ///
    /// # Errors
    /// None that [`Session::new`] did not have.
    pub fn frame(&mut self) -> Result<Frame> {
        let (objective, penalties) = self.rules()?;
        let Stage { grid, pushforward, p, device, .. } = &self.stage;
        let look = Look::new(self.game.generator(), self.game.discriminator(), objective, device);
        let q = look.density(pushforward, grid);
        let divergences = Divergences::new(p, &q, grid);
        let (gradient_g, gradient_d) = (self.report.get("gradient_g"), self.report.get("gradient_d"));
        self.history.push(Record { step: self.step, divergences, gradient_g, gradient_d });

        let z = Draws::new(self.settings.seed, Purpose::Sample, 0).normal_tensor([SHOWN, grid.dimensions], device);
        let data = Data { stage: &self.stage, batch: SHOWN, seed: self.settings.seed };
        let felt = look.forces(z, data.batch(0)?.images);
        let seen = look.discriminator(grid, p, &q);
        let outside = (1.0 - q.iter().sum::<f64>()).max(0.0);
        let values = |values: &[f64]| values.iter().map(|x| rounded(*x)).collect();
        Ok(Frame {
            step: self.step,
            playing: self.playing,
            stopped: self.stopped.clone(),
            q: q.iter().map(|mass| rounded(mass / grid.volume())).collect(),
            output: values(&seen.output),
            target: seen.target.as_deref().map(values),
            gap: seen.gap,
            bulk: (2.0 * seen.level / grid.volume()) as f32,
            ratio: seen.ratio,
            samples: values(&felt.samples),
            forces: values(&felt.forces),
            divergences,
            readings: readings::readings(objective, &penalties, &self.report, &felt, outside),
            history: self.history.clone(),
        })
    }

    fn rules(&self) -> Result<(&'static dyn Objective, Vec<PenaltyTerm>)> {
        Ok((objectives::by_name(&self.settings.objective)?, penalties::parse(&self.settings.penalty)?))
    }
}

fn new_game(settings: &Settings, stage: &Stage) -> Result<Game<LiveGenerator, MlpDiscriminator>> {
    let Grid { dimensions, reach, .. } = stage.grid;
    let (generator, discriminator) =
        players::players(&settings.generator, dimensions, reach, settings.seed, &stage.device)?;
    Game::new(generator, discriminator, settings.rules()?)
}

#[cfg(test)]
mod tests;
