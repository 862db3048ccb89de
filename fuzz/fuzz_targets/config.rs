//! Settings of any content are read or refused; what is read is written and read as the same.

#![no_main]

use ganymede::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(config) = serde_json::from_slice::<Config>(bytes) else { return };
    if config.validate().is_ok() {
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), config);
    }
});
