//! Takes from the process every file it does not need, before the first query runs.
//!
//! Rights inside the engine are not enough: its SQL function `file()` asks for none and reads whatever the
//! process can. So the kernel is asked (Landlock, Linux 5.13 or later) to leave the process its data folder,
//! a few facts about the machine, and nothing else; from Linux 6.7 on it cannot connect to anything either.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, RulesetStatus, path_beneath_rules,
};

/// What the engine reads to know its machine: memory, processors, names, devices. `/proc/self` as a whole
/// is not among them, because the environment may hold passwords.
const READABLE: &[&str] = &[
    "/proc/meminfo",
    "/proc/cpuinfo",
    "/proc/stat",
    "/proc/loadavg",
    "/proc/uptime",
    "/proc/self/statm",
    "/proc/self/stat",
    "/proc/self/status",
    "/proc/self/cgroup",
    "/proc/self/limits",
    "/proc/self/maps",
    "/proc/self/task",
    "/proc/sys/vm",
    "/proc/sys/kernel",
    "/sys/fs/cgroup",
    "/sys/devices/system",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/timezone",
    "/usr/share/zoneinfo",
    "/dev/null",
    "/dev/urandom",
    "/dev/tty",
    "/dev/pts",
];

/// True when the kernel now holds the process to its files.
pub(crate) fn confine(data: &Path, library: &Path) -> Result<bool, RulesetError> {
    let abi = ABI::V5;
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let status: RestrictionStatus = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::ConnectTcp)?
        .create()?
        .add_paths(&[data], AccessFs::from_all(abi) & !AccessFs::Execute)?
        .add_paths(&[library], read | AccessFs::Execute)?
        .add_paths(READABLE, read)?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

trait AddPaths: Sized {
    fn add_paths<P: AsRef<Path>>(self, paths: &[P], access: landlock::BitFlags<AccessFs>)
    -> Result<Self, RulesetError>;
}

impl AddPaths for RulesetCreated {
    /// Paths that are not there are left out.
    fn add_paths<P: AsRef<Path>>(
        self,
        paths: &[P],
        access: landlock::BitFlags<AccessFs>,
    ) -> Result<Self, RulesetError> {
        self.add_rules(path_beneath_rules(paths, access))
    }
}
