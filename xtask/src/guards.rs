//! The guards of the code, each with the test that fails without it.
//!
//! To add one is one more [`Guard`] in [`GUARDS`].

mod removal;
mod tree;
mod verdict;

pub(crate) use self::removal::run;

/// A piece of code that keeps something bad from happening, which nobody sees until it is gone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Guard {
    /// What it is called on the command line and in the table: a few words with hyphens.
    name: &'static str,
    /// The file that it is in, from the root of the workspace.
    file: &'static str,
    /// Its exact source text, which occurs once in the file.
    text: &'static str,
    /// What is there instead when it is removed: it has to build, and the test has to end.
    without: &'static str,
    /// The test that fails without it, at the level where the guard is seen.
    test: Test,
}

/// One test of the workspace.
#[derive(Debug, PartialEq, Eq)]
struct Test {
    suite: Suite,
    /// Its whole name, as cargo prints it.
    name: &'static str,
}

/// Which of the test binaries a test is in.
#[derive(Debug, PartialEq, Eq)]
enum Suite {
    /// The unit tests in `core/src`.
    Units,
    /// A test binary of `tests/`.
    Binary(&'static str),
    /// A test binary of the console.
    Console(&'static str),
}

const GUARDS: &[Guard] = &[
    Guard {
        name: "jitter",
        file: "core/src/retry.rs",
        text: "Self(1.0 - Self::SPREAD + 2.0 * Self::SPREAD * rand::random::<f64>())",
        without: "Self(1.0 - Self::SPREAD + 2.0 * Self::SPREAD * 0.5)",
        test: Test {
            suite: Suite::Units,
            name: "retry::tests::jitter_is_at_most_a_fifth_in_both_directions_and_differs",
        },
    },
    Guard {
        name: "overtaking",
        file: "core/src/dispatcher/line.rs",
        text: "self.sharers > 1",
        without: "self.sharers > usize::MAX - 1",
        test: Test {
            suite: Suite::Binary("it"),
            name: "outbox::sqlite::overtaking::another_tenants_burst_is_overtaken",
        },
    },
    Guard {
        name: "peer-check",
        file: "core/src/sender/guard.rs",
        text: "guard.judge(&policy, peer.remote_addr().ip())?;",
        without: "let _ = (guard, policy, peer);",
        test: Test {
            suite: Suite::Units,
            name: "sender::guard::tests::\
                a_connection_to_a_refused_peer_is_closed_before_anything_is_written",
        },
    },
    Guard {
        name: "any-answer-refusal",
        file: "core/src/sender/guard.rs",
        text: "for address in &addresses {",
        // The last one decides. By the first the test would dial a public address.
        without: "for address in addresses.iter().rev().take(1) {",
        test: Test {
            suite: Suite::Binary("it"),
            name: "sender::addresses::a_name_is_refused_when_any_of_its_addresses_is",
        },
    },
    Guard {
        name: "future-timestamps",
        file: "core/src/signature/verify.rs",
        text: "claimed > now_ms.saturating_add(tolerance)",
        without: "false",
        test: Test {
            suite: Suite::Binary("it"),
            name: "signature::time::\
                a_request_may_be_300_seconds_old_or_early_to_the_millisecond",
        },
    },
    Guard {
        name: "body-limit",
        file: "core/src/event/body.rs",
        text: "if bytes.len() > self.limit - self.bytes.len() {",
        without: "if false && bytes.len() > self.limit - self.bytes.len() {",
        test: Test {
            suite: Suite::Binary("it"),
            name: "event::body::a_body_may_have_as_many_bytes_as_its_limit_and_no_more",
        },
    },
    Guard {
        name: "wait-for-a-body",
        file: "core/src/sender/answer.rs",
        text: "let end = deadline.min(Instant::now() + MAX_WAIT);",
        // Not without an end, since then the test would have none.
        without: "let end = deadline.max(Instant::now() + 25 * MAX_WAIT);",
        test: Test {
            suite: Suite::Binary("it"),
            name: "sender::answers::what_becomes_of_the_body_of_a_success_changes_nothing",
        },
    },
    Guard {
        name: "deadline-over-the-body",
        file: "core/src/sender/answer.rs",
        text: "deadline.min(Instant::now() + MAX_WAIT)",
        without: "deadline.max(Instant::now() + MAX_WAIT)",
        test: Test {
            suite: Suite::Binary("it"),
            name: "sender::answers::a_body_that_drips_past_the_deadline_is_dropped_at_the_deadline",
        },
    },
    Guard {
        name: "fence-on-finish",
        file: "core/src/outbox/sqlite.rs",
        text: "AND d.token = r.token) THEN 0 ELSE 2 END FROM",
        without: ") THEN 0 ELSE 2 END FROM",
        test: Test {
            suite: Suite::Binary("it"),
            name: "outbox::sqlite::leases::a_finish_with_a_lost_lease_changes_nothing",
        },
    },
    Guard {
        name: "fence-on-retry",
        file: "core/src/outbox/queue/finish.rs",
        text: "AND d.token = r.of_token RETURNING",
        without: "RETURNING",
        test: Test {
            suite: Suite::Binary("it"),
            name: "outbox::sqlite::leases::a_finish_with_a_lost_lease_changes_nothing",
        },
    },
    Guard {
        name: "void-leases-at-start",
        file: "core/src/dispatcher/run.rs",
        text: "if S::IS_EXCLUSIVE { self.tokens.start } else { 0 }",
        without: "0",
        test: Test {
            suite: Suite::Binary("it"),
            name: "outbox::sqlite::leases::\
                leases_of_earlier_runs_are_void_where_there_is_one_dispatcher",
        },
    },
    Guard {
        name: "unique-delivery",
        file: "core/src/outbox/queue.rs",
        text: "\" WHERE true ON CONFLICT (event, endpoint) DO NOTHING\"",
        // The index alone refuses a second delivery then, and with it the whole transaction.
        without: "\" WHERE true\"",
        test: Test {
            suite: Suite::Binary("it"),
            name: "outbox::sqlite::leases::\
                a_delivery_that_is_there_already_is_not_sent_twice_at_fan_out",
        },
    },
    Guard {
        name: "slot-guard",
        file: "core/src/dispatcher/flight.rs",
        text: "if let Some(claimed) = self.claimed.take() {",
        // A line behind the await is not reached by a request that is broken off.
        without: "if let Some(claimed) = self.claimed.take()\n            \
                  && !matches!(self.outcome, Outcome::BrokenOff)\n        {",
        test: Test {
            suite: Suite::Binary("it"),
            name: "outbox::sqlite::shutdown::a_hanging_request_is_broken_off_and_its_lease_released",
        },
    },
    Guard {
        name: "self-fence",
        file: "core/src/sender/permit.rs",
        text: "Poll::Ready(Some(self.permit.ask().map(|()| Frame::data(bytes))))",
        without: "Poll::Ready(Some(Ok(Frame::data(bytes))))",
        test: Test {
            suite: Suite::Units,
            name: "dispatcher::flight::tests::nothing_is_written_when_the_lease_ends_on_the_way",
        },
    },
    Guard {
        name: "self-fence-dial",
        file: "core/src/sender/guard.rs",
        text: "Permit::ask_current()?;\n            let connection =",
        without: "let connection =",
        test: Test {
            suite: Suite::Units,
            name: "dispatcher::flight::tests::\
                nothing_is_dialled_when_the_last_heartbeat_is_too_old",
        },
    },
    Guard {
        name: "unread-endpoint",
        file: "core/src/dispatcher/plan.rs",
        text: "self.deliveries.extend(directory.kept(event, terms.now));",
        without: "",
        test: Test {
            suite: Suite::Binary("it"),
            name: "outbox::sqlite::unread::events_are_kept_for_an_endpoint_that_cannot_be_read",
        },
    },
    Guard {
        name: "fair-shares",
        file: "core/src/dispatcher/plan.rs",
        text: "let mut shares = lanes.contended(self.free, self.slow_free, directory, &wanted, terms.now);",
        without: "let mut shares: Option<HashMap<i64, usize>> = None;",
        test: Test {
            suite: Suite::Binary("it"),
            name: "outbox::sqlite::limits::\
                every_endpoint_has_its_share_when_there_are_not_slots_for_all",
        },
    },
    Guard {
        name: "late-results",
        file: "core/src/dispatcher/turn.rs",
        text: "!self.late.contains(&lease)",
        without: "lease.token != 0",
        test: Test {
            suite: Suite::Binary("it"),
            name: "outbox::sqlite::leases::a_finish_with_a_lost_lease_changes_nothing",
        },
    },
    Guard {
        name: "own-connection",
        file: "core/src/dispatcher/run.rs",
        text: "connection.close_on_drop();",
        without: "",
        test: Test {
            suite: Suite::Binary("it"),
            name: "outbox::notify::postgres::\
                what_a_dispatcher_sets_for_itself_is_not_left_to_those_who_share_its_pool",
        },
    },
    Guard {
        name: "host",
        file: "console/src/api/layers.rs",
        text: ".is_some_and(|authority| is_of(&console, authority.host()));",
        without: ".is_some_and(|authority| is_of(&console, authority.host()) || true);",
        test: Test {
            suite: Suite::Console("api"),
            name: "sqlite::hosts::a_request_for_another_host_is_refused",
        },
    },
    Guard {
        name: "scope",
        file: "console/src/access/principal.rs",
        text: "self.scopes.allow(scope)",
        without: "self.scopes.allow(scope) || true",
        test: Test {
            suite: Suite::Console("api"),
            name: "sqlite::matrix::every_route_asks_for_its_scope_and_keeps_tenants_apart",
        },
    },
    Guard {
        name: "tenant",
        file: "console/src/access/principal.rs",
        text: "let Some(tenant) = &self.tenant else {",
        without: "let Some(tenant) = self.tenant.as_ref().filter(|_| false) else {",
        test: Test {
            suite: Suite::Console("page"),
            name: "matrix::every_page_asks_for_its_scope_and_keeps_tenants_apart",
        },
    },
    Guard {
        name: "revoked-key",
        file: "console/src/access/keys.rs",
        text: "WHERE digest = $1 AND revoked_at IS NULL",
        without: "WHERE digest = $1",
        test: Test {
            suite: Suite::Console("api"),
            name: "sqlite::access::a_revoked_key_is_refused",
        },
    },
    Guard {
        name: "form-token",
        file: "console/src/page/visitor.rs",
        text: "if !is_own || visitor.has_new_cookie {",
        without: "if !is_own && visitor.has_new_cookie {",
        test: Test {
            suite: Suite::Console("page"),
            name: "signing_in::a_form_without_its_token_is_refused_in_words",
        },
    },
    Guard {
        name: "other-site",
        file: "console/src/access/guard.rs",
        text: "site.is_some_and(|site| site != b\"same-origin\" && site != b\"none\")",
        without: "site.is_some_and(|_site| false)",
        test: Test {
            suite: Suite::Console("api"),
            name: "sqlite::access::\
                what_an_application_vouches_for_is_not_sent_by_another_site",
        },
    },
];

impl Guard {
    /// The source without the guard.
    ///
    /// # Errors
    ///
    /// How often its text occurs, when that is not once.
    fn removed_from(&self, source: &str) -> Result<String, usize> {
        match source.matches(self.text).count() {
            1 => Ok(source.replacen(self.text, self.without, 1)),
            count => Err(count),
        }
    }
}

impl Test {
    /// The arguments with which `cargo test` builds the test's binary. All packages are named
    /// always, so that their dependencies are built once, with the features of all.
    fn build_arguments(&self) -> Vec<&'static str> {
        let mut arguments = vec!["test", "-p", "hookwright", "-p", "hookwright-tests"];
        arguments.extend(["-p", "hookwright-console", "--all-features"]);
        match self.suite {
            Suite::Units => arguments.push("--lib"),
            Suite::Binary(name) | Suite::Console(name) => arguments.extend(["--test", name]),
        }
        arguments
    }

    /// Whether the test is skipped where PostgreSQL is missing.
    fn needs_postgres(&self) -> bool {
        self.name.contains(crate::tools::POSTGRES.module)
    }
}

#[cfg(test)]
mod tests;
