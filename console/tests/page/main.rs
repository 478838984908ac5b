//! The settings page, as a browser without JavaScript sees it.

mod browser;
mod deliveries;
mod keys;
mod matrix;
mod once;
mod shape;
mod signing_in;
mod snippets;
mod webhooks;
