//! Which process of which pipeline writes.

use std::fmt;

/// The cluster's name of a pipeline that is one process. No list of addresses reads like it.
const ALONE: &str = "alone";

/// A process among those that write together. Members of one cluster write beside each other; a process that
/// starts under the same name and number, or under another name, takes the sink from who had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The name of the cluster: the same for all its processes and at each start, and no other cluster's.
    pub cluster: String,
    /// Which of the cluster's processes this is, from 0.
    pub process: u32,
}

impl Member {
    /// A pipeline of one process.
    pub fn alone() -> Self {
        Self {
            cluster: ALONE.to_owned(),
            process: 0,
        }
    }

    /// One process of the cluster that runs on these addresses; of none, [`Member::alone`].
    pub fn of(addresses: &[String], process: u32) -> Self {
        if addresses.is_empty() {
            return Self::alone();
        }
        Self {
            cluster: addresses.join(","),
            process,
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::alone() {
            return f.write_str("a process alone");
        }
        write!(f, "process {} of the cluster {}", self.process, self.cluster)
    }
}
