//! The whole `hookwright serve`, by programs of others: a fuzzer of APIs, and a browser.

mod npm;
mod packages;
mod packaging;
mod pypi;
mod served;

/// What is run on PostgreSQL too.
mod postgres {
    mod pypi {
        #[test]
        fn schemathesis_finds_nothing() {
            crate::pypi::check_document(&crate::served::Served::on_postgres());
        }
    }
}
