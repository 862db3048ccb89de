//! The memory that a process has needed.

/// The most memory that this process has held at one time, in bytes; `None` where the system does not say.
pub fn peak_resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_system_tells_a_process_holds_at_least_its_program() {
        assert!(peak_resident().is_none_or(|bytes| bytes > 1 << 20));
    }
}
