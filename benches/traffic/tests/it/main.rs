//! Behaviour of the traffic: what is generated, what is sent, what is written down.

mod receiver;
mod replaying;
mod sending;
mod texts;
mod traffic;
