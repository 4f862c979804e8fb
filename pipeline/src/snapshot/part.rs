//! A part: all entries of one state of one worker as bytes, in sections.
//!
//! An entry's section follows from its route, so another number of workers, each with its own routes, finds its entries
//! without reading everybody's. Sections are compressed piece by piece while they are written, and each has a checksum.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Sections of a part. Part of the format.
const SECTIONS: usize = 64;

/// Bytes of a section that are compressed at once.
const PIECE: usize = 128 * 1024;

/// zstd's quickest ordinary level: what is written every few minutes must not cost a core.
const LEVEL: i32 = 1;

/// Where a section lies in its part, and how to tell that it is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Section {
    pub(crate) section: usize,
    pub(crate) from: u64,
    pub(crate) bytes: u64,
    /// Entries in it.
    pub(crate) entries: u64,
    /// Their bytes before compression.
    pub(crate) raw: u64,
    /// XXH3 of the compressed bytes.
    pub(crate) checksum: u64,
}

/// Whether a section may have entries of a worker (its index, the number of workers): some route must leave both remainders.
pub(super) fn concerns(section: usize, (index, peers): (usize, usize)) -> bool {
    let common = greatest_common_divisor(SECTIONS, peers);
    section % common == index % common
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// A part that is being written.
pub(crate) struct Sheets {
    sheets: Vec<Sheet>,
    compressor: zstd::bulk::Compressor<'static>,
    failed: Option<String>,
}

#[derive(Default)]
struct Sheet {
    waiting: Vec<u8>,
    compressed: Vec<u8>,
    entries: u64,
    raw: u64,
}

impl Sheets {
    pub(super) fn new() -> Result<Self, String> {
        Ok(Self {
            sheets: (0..SECTIONS).map(|_| Sheet::default()).collect(),
            compressor: zstd::bulk::Compressor::new(LEVEL).map_err(|error| error.to_string())?,
            failed: None,
        })
    }

    /// Adds an entry that goes by a route.
    pub(crate) fn put<T: Serialize>(&mut self, route: u64, entry: &T) {
        if self.failed.is_none()
            && let Err(reason) = self.add(route, entry)
        {
            self.failed = Some(reason);
        }
    }

    fn add<T: Serialize>(&mut self, route: u64, entry: &T) -> Result<(), String> {
        let sheet = &mut self.sheets[(route % SECTIONS as u64) as usize];
        let waiting = std::mem::take(&mut sheet.waiting);
        sheet.waiting = postcard::to_extend(entry, waiting).map_err(|error| error.to_string())?;
        sheet.entries += 1;
        if sheet.waiting.len() >= PIECE {
            sheet.compress(&mut self.compressor)?;
        }
        Ok(())
    }

    /// The part, and where its sections lie.
    pub(super) fn finish(mut self) -> Result<(Vec<u8>, Vec<Section>), String> {
        if let Some(reason) = self.failed {
            return Err(reason);
        }
        let mut part = Vec::new();
        let mut sections = Vec::new();
        for (section, mut sheet) in self.sheets.into_iter().enumerate() {
            if sheet.entries == 0 {
                continue;
            }
            sheet.compress(&mut self.compressor)?;
            sections.push(Section {
                section,
                from: part.len() as u64,
                bytes: sheet.compressed.len() as u64,
                entries: sheet.entries,
                raw: sheet.raw,
                checksum: xxh3_64(&sheet.compressed),
            });
            part.append(&mut sheet.compressed);
        }
        Ok((part, sections))
    }
}

impl Sheet {
    fn compress(&mut self, compressor: &mut zstd::bulk::Compressor<'static>) -> Result<(), String> {
        let frame = compressor.compress(&self.waiting).map_err(|error| error.to_string())?;
        self.raw += self.waiting.len() as u64;
        self.compressed.extend_from_slice(&frame);
        self.waiting.clear();
        Ok(())
    }
}

impl Section {
    /// The entries' bytes, if what was read is what was written.
    pub(super) fn open(&self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        if xxh3_64(bytes) != self.checksum {
            return Err(format!("section {} is damaged", self.section));
        }
        let raw = zstd::stream::decode_all(bytes).map_err(|error| error.to_string())?;
        if raw.len() as u64 != self.raw {
            return Err(format!(
                "section {} has {} bytes instead of {}",
                self.section,
                raw.len(),
                self.raw
            ));
        }
        Ok(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_in_the_sections_of_its_worker_and_only_those_are_read() {
        for peers in 1..=9 {
            for route in 0..10_000u64 {
                let section = (route % SECTIONS as u64) as usize;
                assert!(concerns(section, ((route % peers as u64) as usize, peers)));
            }
        }
        let of = |index, peers| {
            (0..SECTIONS)
                .filter(|section| concerns(*section, (index, peers)))
                .count()
        };
        assert_eq!([of(0, 1), of(1, 2), of(3, 4), of(2, 3)], [64, 32, 16, 64]);
    }

    #[test]
    fn what_was_put_in_comes_out_and_a_flipped_bit_is_noticed() {
        let mut sheets = Sheets::new().unwrap();
        for n in 0..100_000u64 {
            sheets.put(n, &(n, "some text that is quite long so that pieces fill"));
        }
        let (part, sections) = sheets.finish().unwrap();
        assert_eq!(sections.len(), SECTIONS);
        let mut found = 0;
        for section in &sections {
            let range = section.from as usize..(section.from + section.bytes) as usize;
            let raw = section.open(&part[range.clone()]).unwrap();
            let mut rest = &raw[..];
            while !rest.is_empty() {
                let ((n, _), left): ((u64, String), _) = postcard::take_from_bytes(rest).unwrap();
                assert_eq!(n % SECTIONS as u64, section.section as u64);
                (rest, found) = (left, found + 1);
            }
            let mut damaged = part[range].to_vec();
            damaged[10] ^= 1;
            assert!(section.open(&damaged).unwrap_err().contains("damaged"));
        }
        assert_eq!(found, 100_000);
    }
}
