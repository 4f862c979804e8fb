//! Customers by (`last_seen_at`, `waba_id`, `contact_id`), last seen first.
//!
//! Rows of a customer merge by maximum and minimum, so a `GROUP BY` of the key gives the merged row whatever the
//! table has merged so far. The whole table is read for a page: its rows are few and small beside the messages'.

use serde::Deserialize;

use super::{Store, Value, Where};
use crate::cursor::Cursor;
use crate::error::Refusal;
use crate::time::Moment;

/// Which customers.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) account: Option<String>,
    /// Bounds of `last_seen_at`.
    pub(crate) from: Option<Moment>,
    pub(crate) to: Option<Moment>,
    /// Part of a name, username, number or id.
    pub(crate) text: Option<String>,
}

/// A customer, merged.
#[derive(Debug, clickhouse::Row, Deserialize)]
pub(crate) struct Contact {
    pub(crate) waba_id: String,
    pub(crate) contact_id: String,
    pub(crate) newest_name: String,
    pub(crate) newest_username: String,
    pub(crate) newest_wa_id: String,
    pub(crate) newest_user_id: String,
    pub(crate) first_seen: i64,
    pub(crate) last_seen: i64,
}

impl Store {
    /// The page of at most `limit` customers after `after`, and where the next one begins.
    pub(crate) async fn contacts(
        &self,
        filter: &Filter,
        after: Option<&Cursor<2>>,
        limit: usize,
    ) -> Result<(Vec<Contact>, Option<Cursor<2>>), Refusal> {
        let account = filter.account.clone().map(Value::Text);
        let mut rows = Where::all();
        rows.and_with("waba_id = {account:String}", "account", account);
        let mut merged = Where::all();
        let moment = |value: Option<Moment>| value.map(|moment| Value::Number(moment.0));
        merged.and_with(
            "last_seen >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')",
            "from",
            moment(filter.from),
        );
        merged.and_with(
            "last_seen < fromUnixTimestamp64Milli({to:Int64}, 'UTC')",
            "to",
            moment(filter.to),
        );
        merged.and_with(
            "(positionCaseInsensitiveUTF8(newest_name, {text:String}) > 0 \
              OR positionCaseInsensitiveUTF8(newest_username, {text:String}) > 0 \
              OR position(newest_wa_id, {text:String}) > 0 OR position(contact_id, {text:String}) > 0)",
            "text",
            filter.text.clone().map(Value::Text),
        );
        if let Some(after) = after {
            merged.and(
                "(last_seen, waba_id, contact_id) < \
                 (fromUnixTimestamp64Milli({after:Int64}, 'UTC'), {after_account:String}, {after_contact:String})",
            );
            merged.value("after", Value::Number(after.at.0));
            merged.value("after_account", Value::Text(after.ids[0].clone()));
            merged.value("after_contact", Value::Text(after.ids[1].clone()));
        }
        merged.value("wanted", Value::Count(limit as u64 + 1));
        let sql = format!(
            "SELECT waba_id, contact_id, tupleElement(max(name), 2) AS newest_name, \
                 tupleElement(max(username), 2) AS newest_username, tupleElement(max(wa_id), 2) AS newest_wa_id, \
                 tupleElement(max(user_id), 2) AS newest_user_id, \
                 min(first_seen_at) AS first_seen, max(last_seen_at) AS last_seen \
             FROM contacts WHERE {} GROUP BY waba_id, contact_id HAVING {} \
             ORDER BY last_seen DESC, waba_id DESC, contact_id DESC LIMIT {{wanted:UInt64}}",
            rows.sql(),
            merged.sql()
        );
        merged.values.append(&mut rows.values);
        let mut contacts = self.rows::<Contact>("contacts", &sql, &merged).await?;
        let more = contacts.len() > limit;
        contacts.truncate(limit);
        let next = contacts.last().filter(|_| more).map(|last| Cursor {
            at: Moment(last.last_seen),
            ids: [last.waba_id.clone(), last.contact_id.clone()],
        });
        Ok((contacts, next))
    }
}
