//! Finding tools on machines that are made up.

use std::cell::RefCell;

use super::*;

/// A machine with some programs, whose package archive has some packages.
struct FakeMachine {
    programs: Vec<&'static str>,
    archive: Option<Vec<&'static Tool>>,
    log: RefCell<Vec<String>>,
}

impl Machine for FakeMachine {
    fn runs(&self, tool: &Tool) -> bool {
        self.programs.contains(&tool.program)
    }

    fn installs_packages(&self) -> bool {
        self.archive.is_some()
    }

    fn update_package_lists(&mut self) {
        self.log.get_mut().push("update".to_owned());
    }

    fn install(&mut self, package: &str) {
        self.log.get_mut().push(format!("install {package}"));
        for tool in self.archive.iter().flatten() {
            if tool.package == package {
                self.programs.push(tool.program);
            }
        }
    }
}

/// Checks what `provide` asks of a machine, and what is missing in the end.
fn check(
    programs: &[&'static str],
    archive: Option<&[&'static Tool]>,
    expected_log: &[&str],
    expected_missing: &[&Tool],
) {
    let mut machine = FakeMachine {
        programs: programs.to_vec(),
        archive: archive.map(<[_]>::to_vec),
        log: RefCell::default(),
    };
    assert_eq!(provide(&mut machine), expected_missing);
    assert_eq!(machine.log.into_inner(), expected_log);
}

#[test]
fn nothing_is_installed_when_every_tool_is_there() {
    check(
        &["node", "npm", "python3", "pip3", "openssl", "postgres", "chromium", "systemd-analyze"],
        Some(&[]),
        &[],
        &[],
    );
}

#[test]
fn a_missing_tool_is_installed_from_its_package() {
    let programs = ["npm", "python3", "pip3", "openssl", "postgres", "chromium", "systemd-analyze"];
    check(&programs, Some(&[&NODE]), &["update", "install nodejs"], &[]);
}

#[test]
fn package_lists_are_updated_once() {
    check(
        &[],
        Some(&[&NODE, &NPM, &PYTHON, &PIP, &OPENSSL, &POSTGRES, &CHROMIUM, &SYSTEMD]),
        &[
            "update",
            "install nodejs",
            "install npm",
            "install python3",
            "install python3-pip",
            "install openssl",
            "install postgresql",
            "install chromium",
            "install systemd",
        ],
        &[],
    );
}

#[test]
fn a_tool_that_the_archive_does_not_bring_stays_missing() {
    check(
        &["npm", "pip3", "openssl", "postgres", "chromium", "systemd-analyze"],
        Some(&[&PYTHON]),
        &["update", "install nodejs", "install python3"],
        &[&NODE],
    );
}

#[test]
fn without_the_right_to_install_nothing_is_tried() {
    check(&["node"], None, &[], &[&NPM, &PYTHON, &PIP, &OPENSSL, &POSTGRES, &CHROMIUM, &SYSTEMD]);
}

#[test]
fn a_program_that_is_not_on_path_does_not_succeed() {
    assert!(!succeeds_quietly("hookwright-no-such-program", &["--version"]));
}

#[test]
fn a_tool_of_several_names_is_there_by_any_of_them() {
    let tool = Tool { probe: Probe::Names(&["hookwright-no-such-program", "cargo"]), ..CHROMIUM };
    assert!(ThisMachine.runs(&tool));
    let tool = Tool { probe: Probe::Names(&["hookwright-no-such-program"]), ..CHROMIUM };
    assert!(!ThisMachine.runs(&tool));
}

#[test]
fn a_program_counts_only_when_it_succeeds() {
    assert!(succeeds_quietly(env!("CARGO"), &["--version"]));
    assert!(!succeeds_quietly(env!("CARGO"), &["--no-such-option"]));
}
