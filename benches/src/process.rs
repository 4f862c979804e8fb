//! What this process has used: memory, and processor time by thread.

use std::collections::BTreeMap;
use std::fs;

/// Memory that is resident, in MiB; 0 where `/proc` is none.
pub fn resident_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kib.unwrap_or_default() / 1_024.0
}

/// Processor time in seconds by the name of the threads that live; empty where `/proc` is none.
pub fn seconds_by_thread() -> BTreeMap<String, f64> {
    let mut seconds = BTreeMap::new();
    let Ok(tasks) = fs::read_dir("/proc/self/task") else {
        return seconds;
    };
    for task in tasks.flatten() {
        let Ok(name) = fs::read_to_string(task.path().join("comm")) else {
            continue;
        };
        // The first number: nanoseconds on a processor.
        let Ok(times) = fs::read_to_string(task.path().join("schedstat")) else {
            continue;
        };
        let nanos = times.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok());
        *seconds.entry(name.trim().to_owned()).or_default() += nanos.unwrap_or_default() / 1e9;
    }
    seconds
}

/// What was used since, by the name of the thread.
pub fn seconds_since(before: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let mut seconds = seconds_by_thread();
    for (thread, seconds) in &mut seconds {
        *seconds -= before.get(thread).unwrap_or(&0.0);
    }
    seconds
}
