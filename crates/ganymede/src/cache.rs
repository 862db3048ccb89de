//! Where this user's programs keep what can be fetched or computed again.

use std::{env, path::PathBuf};

/// `<cache>/ganymede`; none without a home.
pub fn directory() -> Option<PathBuf> {
    let stated = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    stated.or_else(|| env::home_dir().map(|home| home.join(".cache"))).map(|cache| cache.join("ganymede"))
}
