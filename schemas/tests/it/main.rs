//! The contracts, tried on recorded webhooks, on our own, and on arbitrary JSON.

mod arbitrary;
mod counts;
mod irregular;
mod meta_form;
mod own;
mod recorded;
mod rules;
