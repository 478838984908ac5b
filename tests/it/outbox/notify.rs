//! What only a server of PostgreSQL does.

mod postgres;
