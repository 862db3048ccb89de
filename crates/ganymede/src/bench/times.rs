//! Repeated measurements of one piece of work.

use std::time::Instant;

use burn::tensor::Device;
use serde::Serialize;

use crate::error::Result;

/// Median and quartiles, in milliseconds. On a shared machine the mean says more of the neighbours than of the work.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    #[serde(rename = "median_ms")]
    pub median: f64,
    #[serde(rename = "quartile_low_ms")]
    pub low: f64,
    #[serde(rename = "quartile_high_ms")]
    pub high: f64,
}

impl Times {
    /// Of one measurement at least.
    ///
    /// # Panics
    /// Without one.
    pub fn of(mut milliseconds: Vec<f64>) -> Self {
        assert!(!milliseconds.is_empty(), "a median needs a measurement");
        milliseconds.sort_by(f64::total_cmp);
        let quantile = |q: f64| {
            let position = q * (milliseconds.len() - 1) as f64;
            let (below, above) = (milliseconds[position.floor() as usize], milliseconds[position.ceil() as usize]);
            below + (above - below) * position.fract()
        };
        Times { median: quantile(0.5), low: quantile(0.25), high: quantile(0.75) }
    }

    /// How often a second.
    pub fn per_second(&self) -> f64 {
        1e3 / self.median
    }
}

/// The milliseconds of one run of `work`, with everything that it asked of the device.
pub(super) fn milliseconds<T>(device: &Device, work: impl FnOnce() -> Result<T>) -> Result<f64> {
    let start = Instant::now();
    let done = work()?;
    wait(device)?;
    let elapsed = start.elapsed();
    drop(done);
    Ok(elapsed.as_secs_f64() * 1e3)
}

/// Returns when the device has done everything that was asked of it.
pub(super) fn wait(device: &Device) -> Result<()> {
    device.sync().map_err(|error| {
        crate::error::Error::setting(
            "device",
            "one that does what it is asked",
            format!("{device:?}, which says {error:?}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::Times;

    #[test]
    fn quartiles_lie_between_the_measurements() {
        let times = Times::of(vec![4.0, 1.0, 3.0, 2.0]);
        assert_eq!((times.low, times.median, times.high), (1.75, 2.5, 3.25));
        assert_eq!(Times::of(vec![8.0]), Times { median: 8.0, low: 8.0, high: 8.0 });
        assert_eq!(Times::of(vec![8.0]).per_second(), 125.0);
    }
}
