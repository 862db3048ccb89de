//! The devices that a tensor can live on, by name.
//!
//! ```text
//! cpu                  always: burn's CPU backend with the fused operators
//! cuda, cuda:N         with the cargo feature `cuda`
//! wgpu                 with the cargo feature `wgpu`: the best device of the system's graphics interface
//! ```

use burn::tensor::Device;

use crate::error::{Error, Result};

/// The names that [`parse`] knows.
pub const NAMES: &str = "cpu, cuda, cuda:N or wgpu";

/// The device of that name.
///
/// # Errors
/// [`Error::Setting`] for what is no name, for a device that this build or this machine does not have.
pub fn parse(name: &str) -> Result<Device> {
    let (kind, index) = match name.split_once(':') {
        Some((kind, index)) => (kind, Some(index.parse::<usize>().map_err(|_| unknown(name))?)),
        None => (name, None),
    };
    match (kind, index) {
        ("cpu", None) => Ok(Device::flex()),
        ("cuda", index) => cuda(name, index.unwrap_or(0)),
        ("wgpu", None) => wgpu(name),
        _ => Err(unknown(name)),
    }
}

fn unknown(name: &str) -> Error {
    Error::setting("device", NAMES, name)
}

#[cfg(feature = "cuda")]
fn cuda(name: &str, index: usize) -> Result<Device> {
    let found = Device::enumerate(burn::tensor::DeviceType::Cuda).into_vec().len();
    match found {
        0 => Err(Error::setting("device", "an NVIDIA GPU with its driver, which this machine lacks", name)),
        _ if index >= found => Err(Error::setting("device", format!("cuda:N with N below {found}"), name)),
        _ => Ok(Device::cuda(index)),
    }
}

#[cfg(feature = "wgpu")]
fn wgpu(name: &str) -> Result<Device> {
    if Device::enumerate(burn::tensor::DeviceType::Wgpu).into_vec().is_empty() {
        return Err(Error::setting(
            "device",
            "a GPU with a Vulkan, Metal or DirectX driver, which this machine lacks",
            name,
        ));
    }
    Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice))
}

#[cfg(not(feature = "cuda"))]
fn cuda(name: &str, _: usize) -> Result<Device> {
    Err(without("cuda", name))
}

#[cfg(not(feature = "wgpu"))]
fn wgpu(name: &str) -> Result<Device> {
    Err(without("wgpu", name))
}

#[cfg(not(all(feature = "cuda", feature = "wgpu")))]
fn without(feature: &str, name: &str) -> Error {
    let expected =
        format!("cpu, as this build lacks the cargo feature '{feature}' (cargo build --release --features {feature})");
    Error::setting("device", expected, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_always_there() {
        assert_eq!(parse("cpu").unwrap(), Device::flex());
    }

    #[test]
    fn what_is_no_device_is_refused_with_the_names() {
        for name in ["", "gpu", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "wgpu:0", "CPU"] {
            let error = parse(name).unwrap_err();
            assert!(error.is_usage() && error.to_string().contains("cpu"), "{name}: {error}");
        }
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_device_of_a_missing_feature_names_the_feature() {
        let error = parse("cuda:0").unwrap_err().to_string();
        assert!(error.contains("--features cuda") && error.contains("cuda:0"), "{error}");
    }
}
