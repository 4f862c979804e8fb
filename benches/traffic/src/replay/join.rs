//! Several bodies in one POST: their entries, byte for byte, one after the other.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Parcel;
use super::load::Recorded;

/// Most bytes of a joined POST: what Meta sends at most.
pub const MOST_BYTES: usize = 3 * 1024 * 1024;

const HEAD: &[u8] = br#"{"object":"whatsapp_business_account","entry":["#;
const TAIL: &[u8] = b"]}";

/// What can be joined: the usual envelope and nothing beside it, or a byte would be lost.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    object: &'a str,
    #[serde(borrow)]
    entry: Vec<&'a RawValue>,
}

/// Packs bodies in their order, up to `bodies_each` in one POST. One that is not of the usual shape, or too large to
/// share, goes alone, as it is.
pub fn join<'a>(bodies: impl Iterator<Item = &'a Recorded>, bodies_each: usize) -> Vec<Parcel> {
    let mut parcels = Vec::new();
    let mut open = Parcel {
        names: Vec::new(),
        body: Vec::new(),
    };
    for recorded in bodies {
        let entries = if bodies_each > 1 {
            entries_of(&recorded.body)
        } else {
            None
        };
        let Some(entries) = entries else {
            parcels.push(Parcel {
                names: vec![recorded.name.clone()],
                body: recorded.body.clone(),
            });
            continue;
        };
        let full = open.names.len() >= bodies_each
            || (!open.names.is_empty() && open.body.len() + 1 + entries.len() + TAIL.len() > MOST_BYTES);
        if full {
            parcels.push(close(&mut open));
        }
        open.body
            .extend_from_slice(if open.names.is_empty() { HEAD } else { b"," });
        open.body.extend_from_slice(entries.as_bytes());
        open.names.push(recorded.name.clone());
    }
    if !open.names.is_empty() {
        parcels.push(close(&mut open));
    }
    parcels
}

fn close(open: &mut Parcel) -> Parcel {
    open.body.extend_from_slice(TAIL);
    std::mem::replace(
        open,
        Parcel {
            names: Vec::new(),
            body: Vec::new(),
        },
    )
}

/// The entries of a body as they stand between the brackets, or `None` when it cannot share a POST.
fn entries_of(body: &[u8]) -> Option<String> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).ok()?;
    let usual = envelope.object == "whatsapp_business_account" && !envelope.entry.is_empty();
    let entries: Vec<&str> = envelope.entry.iter().map(|entry| entry.get()).collect();
    usual.then(|| entries.join(","))
}
