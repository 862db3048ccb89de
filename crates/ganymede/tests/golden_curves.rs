//! The first 50 steps of every preset on a toy set, against the curves in `golden/curves.json`.
//!
//! A change that moves a digit has to say so: `GANYMEDE_BLESS=1 cargo nextest run --release --workspace --test golden_curves`
//! writes the file anew.
//! The curves are compared exactly on processors with AVX-512, where they were made. Other processors split a product
//! differently, and there a curve may differ by rounding, which 50 steps of training amplify.

use std::collections::BTreeMap;

use burn::tensor::Device;
use ganymede::{Config, training::Trainer};

const STEPS: u64 = 50;
const ROUNDING: f64 = 1e-2;
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/curves.json");

/// The losses of the discriminator and of the generator, a pair a step.
type Curve = Vec<[f64; 2]>;

fn curve(preset: &str) -> Curve {
    let preset = Config::preset(preset).unwrap();
    let toy = if preset.network == "mlp" { preset.data.clone() } else { "shapes".to_owned() };
    // as many steps as are compared: a schedule would otherwise depend on the preset's length
    let mut trainer = Trainer::new(Config { data: toy, steps: STEPS, ..preset }, Device::flex()).unwrap();
    (0..STEPS)
        .map(|_| {
            let report = trainer.train_step().unwrap();
            ["loss_d", "loss_g"].map(|name| report.get(name).unwrap())
        })
        .collect()
}

#[test]
fn every_preset_starts_as_it_always_has() {
    let curves: BTreeMap<&str, Curve> = Config::presets().map(|(name, _)| (name, curve(name))).collect();
    if std::env::var_os("GANYMEDE_BLESS").is_some() {
        std::fs::write(FILE, serde_json::to_string_pretty(&curves).unwrap()).unwrap();
    }
    let golden = std::fs::read_to_string(FILE).unwrap();
    let golden: BTreeMap<&str, Curve> = serde_json::from_str(&golden).unwrap();
    assert_eq!(golden.keys().collect::<Vec<_>>(), curves.keys().collect::<Vec<_>>());
    for (preset, curve) in &curves {
        for (step, (expected, got)) in golden[preset].iter().zip(curve).enumerate() {
            assert!(agree(expected, got), "{preset}, step {step}: expected {expected:?}, got {got:?}");
        }
    }
}

fn agree(expected: &[f64; 2], got: &[f64; 2]) -> bool {
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= ROUNDING * a.abs().max(0.1);
    expected == got || (!has_avx512() && expected.iter().zip(got).all(near))
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx512() -> bool {
    false
}
