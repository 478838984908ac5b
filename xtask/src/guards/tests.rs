//! What is said of guards and tests that are made up, and of those that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{self, Command};
use std::time::Duration;

use super::removal::{choose, run_within};
use super::tree::Tree;
use super::verdict::{Outcome, Table, Verdict};
use super::*;
use crate::tally::Tally;

const FENCE: Guard = Guard {
    name: "fence",
    file: "src/fence.rs",
    text: "if is_mine {",
    without: "if true {",
    test: Test { suite: Suite::Units, name: "fence::holds" },
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root of the workspace")
}

fn ended(success: bool, passed: usize, failed: usize) -> Outcome {
    Outcome::Ended { success, tally: Tally { passed, failed, ignored: 0 } }
}

#[test]
fn every_guard_is_in_its_file_once_and_has_a_name_of_its_own() {
    let mut names = BTreeSet::new();
    for guard in GUARDS {
        let source = fs::read_to_string(root().join(guard.file)).expect(guard.file);
        assert!(guard.removed_from(&source).is_ok(), "`{}` in {}", guard.name, guard.file);
        assert!(names.insert(guard.name), "`{}` is there twice", guard.name);
    }
}

#[test]
fn a_guard_is_removed_only_where_its_text_is_there_once() {
    assert_eq!(FENCE.removed_from("a if is_mine { b }"), Ok("a if true { b }".to_owned()));
    assert_eq!(FENCE.removed_from("if mine {}"), Err(0));
    assert_eq!(FENCE.removed_from("if is_mine {} if is_mine {}"), Err(2));
}

#[test]
fn a_guard_is_chosen_by_its_name() {
    assert_eq!(choose(None).expect("all").len(), GUARDS.len());
    let guards = choose(Some("jitter")).expect("it is one of them");
    assert_eq!(guards.iter().map(|guard| guard.name).collect::<Vec<_>>(), ["jitter"]);
    let failure = choose(Some("jiter")).expect_err("there is none").to_string();
    assert!(failure.starts_with("error: there is no guard `jiter`\nhelp: name one of `jitter`, "));
}

#[test]
fn a_test_is_built_with_the_features_of_all_packages() {
    let check = |suite, expected: &str| {
        let arguments = Test { suite, name: "holds" }.build_arguments();
        assert_eq!(arguments.join(" "), expected);
    };
    let all = "test -p hookwright -p hookwright-tests -p hookwright-console --all-features";
    check(Suite::Units, &format!("{all} --lib"));
    check(Suite::Binary("it"), &format!("{all} --test it"));
    check(Suite::Console("api"), &format!("{all} --test api"));
}

#[test]
fn a_test_needs_postgres_when_a_module_of_its_path_says_so() {
    let check = |name, expected| {
        assert_eq!(Test { suite: Suite::Units, name }.needs_postgres(), expected, "{name}");
    };
    check("outbox::postgres::claims_once", true);
    check("outbox::sqlite::claims_like_postgres", false);
}

#[test]
fn with_its_guard_a_test_has_to_run_and_to_pass() {
    assert_eq!(Verdict::with_guard(ended(true, 1, 0)), None);
    for (outcome, verdict) in [
        (ended(true, 0, 0), Verdict::NoSuchTest),
        (ended(false, 0, 1), Verdict::FailsWithGuard),
        (Outcome::Endless, Verdict::FailsWithGuard),
        (Outcome::NotBuilt, Verdict::NotBuiltWithGuard),
    ] {
        assert_eq!(Verdict::with_guard(outcome), Some(verdict), "{outcome:?}");
    }
}

#[test]
fn without_its_guard_nothing_is_good_but_a_test_that_fails() {
    for (outcome, verdict) in [
        (ended(false, 0, 1), Verdict::Caught),
        (ended(true, 1, 0), Verdict::NotCaught),
        (ended(true, 0, 0), Verdict::NoSuchTest),
        (ended(false, 0, 0), Verdict::Died),
        (Outcome::Endless, Verdict::Endless),
        (Outcome::NotBuilt, Verdict::NotBuilt),
    ] {
        assert_eq!(Verdict::without_guard(outcome), verdict, "{outcome:?}");
        assert_eq!(verdict.is_good(), verdict == Verdict::Caught);
    }
}

#[test]
fn the_table_has_a_row_for_each_guard() {
    let rows = [(&FENCE, Verdict::Caught), (&FENCE, Verdict::Occurs(2))];
    assert_eq!(
        Table(&rows).to_string(),
        "\
guard | test         | verdict
fence | fence::holds | caught
fence | fence::holds | NOT FOUND: the guard's text is in its file 2 times
"
    );
}

#[test]
fn what_a_command_says_of_its_tests_is_heard_and_one_that_does_not_end_is_killed() {
    let run = |script: &str, limit| {
        run_within(limit, Command::new("sh").args(["-c", script])).expect("it can be run")
    };
    let result = "echo 'test result: FAILED. 0 passed; 1 failed; 0 ignored;'; exit 101";
    assert_eq!(run(result, Duration::from_mins(1)), ended(false, 0, 1));
    // The shell's child has the output too, and ends with it.
    assert_eq!(run("sleep 600; true", Duration::from_millis(50)), Outcome::Endless);
}

#[test]
fn a_copy_follows_its_tree_and_has_the_guard_again_after_the_work() {
    let place = std::env::temp_dir().join(format!("hookwright-xtask-{}-tree", process::id()));
    let (root, copy) = (place.join("root"), place.join("copy"));
    let write = |name: &str, text: &str| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    };
    let read = |name: &str| fs::read_to_string(copy.join(name)).ok();
    write("src/fence.rs", "if is_mine {}");
    write("old.rs", "");
    write(".gitignore", "/target");
    write("target/built", "");
    let git = Command::new("git").args(["init", "--quiet"]).arg(&root).status();
    assert!(git.expect("git runs").success());

    let tree = Tree::copy(&root, &copy).expect("a copy");
    assert_eq!(read("old.rs").as_deref(), Some(""));
    assert_eq!(read("target/built"), None, "what git ignores is not copied");
    let seen = tree.without(&FENCE, || read("src/fence.rs")).expect("it can be written");
    assert_eq!(seen, Ok(Some("if true {}".to_owned())));
    assert_eq!(read("src/fence.rs").as_deref(), Some("if is_mine {}"));
    assert_eq!(fs::read_to_string(root.join("src/fence.rs")).expect("a file"), "if is_mine {}");

    fs::remove_file(root.join("old.rs")).expect("it is there");
    write("src/fence.rs", "if is_mine {} if is_mine {}");
    let tree = Tree::copy(&root, &copy).expect("a copy");
    assert_eq!(read("old.rs"), None, "what was removed there is removed here");
    assert_eq!(tree.without(&FENCE, || ()).expect("it can be read"), Err(2));
    fs::remove_dir_all(place).expect("it is there");
}
