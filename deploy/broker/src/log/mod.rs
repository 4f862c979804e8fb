//! The log of one partition: segments of record batches as they came, with offsets put in.
//!
//! # Layout
//! * `batch`: the header of a v2 record batch: reading it, checking it, putting offset and time into it
//! * `record`: the records inside a batch (only where the broker must look: compaction, offsets by time)
//! * `codec`: the four compressions
//! * `index`: where in a segment an offset or a time is
//! * `segment`: one file of batches with its index
//! * `recovery`: from a folder of files back to a log, torn tail cut
//! * `partition`, `read`: append and roll, read and find
//! * `commit`: one fsync for everybody who waits
//! * `producer_state`: sequence numbers of idempotent producers
//! * `retention`, `compaction`: what leaves the log again

pub(crate) mod batch;
pub(crate) mod codec;
pub(crate) mod commit;
pub(crate) mod compaction;
pub(crate) mod index;
pub(crate) mod partition;
pub(crate) mod producer_state;
pub(crate) mod read;
pub(crate) mod record;
pub(crate) mod recovery;
pub(crate) mod retention;
pub(crate) mod segment;

pub(crate) use partition::Partition;
