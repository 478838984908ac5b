//! The command in a terminal, which `script` makes.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::program::{Ended, Folder, eventually};

/// A command in a terminal, and what is typed there.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    typescript: std::path::PathBuf,
}

impl Terminal {
    fn start(folder: &Folder, arguments: &str, variables: &[(&str, &str)]) -> Self {
        let command = folder.command(&[]);
        let program = command.get_program().to_str().unwrap().to_owned();
        let typescript = folder.path("typescript");
        let mut script = Command::new("script");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        script
            .args(["--quiet", "--flush", "--return", "--command"])
            .arg(format!("'{program}' {arguments}"))
            .arg(&typescript)
            .env("TERM", "xterm")
            .envs(variables.iter().copied())
            .current_dir(command.get_current_dir().unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = script.spawn().expect("`script`, of util-linux");
        let keys = child.stdin.take().unwrap();
        Self { child, keys, typescript }
    }

    /// What the terminal has been sent so far.
    fn shown(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.typescript).unwrap_or_default()).into_owned()
    }

    fn wait_for(&self, text: &str) -> String {
        eventually(text, || Some(self.shown()).filter(|shown| shown.contains(text)))
    }

    fn press(&mut self, key: u8) {
        self.keys.write_all(&[key]).unwrap();
        self.keys.flush().unwrap();
    }

    fn ended(mut self) -> (Option<i32>, String) {
        let code = eventually("it ends", || self.child.try_wait().unwrap()).code();
        (code, self.shown())
    }
}

const CTRL_C: u8 = 3;

/// A database with a webhook, and events enough for a replay of some seconds.
fn replayed() -> (Folder, String, impl Sized) {
    let folder = Folder::new();
    let server = folder.serve();
    let (listener, url) = folder.listen(&[]);
    let webhook = folder.json(&["webhooks", "create", &url]);
    for number in 0..8 {
        let event = format!(r#"{{"event":"person.created","data":{{"id":"{number}"}}}}"#);
        let sent = folder.run_with(&["send"], &event);
        assert_eq!(sent.code, Some(0), "{sent:?}");
    }
    (folder, webhook["id"].as_str().unwrap().to_owned(), (server, listener))
}

#[test]
fn a_replay_goes_on_after_ctrl_c_and_is_followed_by_the_same_command() {
    let (folder, id, _running) = replayed();
    let replay = format!("replay {id} --since 1h --per-second 2");
    let mut terminal = Terminal::start(&folder, &replay, &[]);
    let shown = terminal.wait_for(" queued");
    assert!(shown.contains('%'), "a bar: {shown:?}");
    assert!(shown.contains('\r') || shown.contains("\x1b["), "it is drawn again: {shown:?}");
    thread::sleep(Duration::from_millis(500));
    terminal.press(CTRL_C);
    let (code, shown) = terminal.ended();
    assert_eq!(code, Some(130), "{shown}");
    assert!(shown.contains("goes on by itself"), "{shown}");
    assert!(shown.contains(&format!("hookwright replays cancel {id} 1")), "{shown}");

    let again = folder.run(&["replay", &id, "--since", "1h", "--per-second", "2", "--json"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    let done: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    let (state, queued) = (&done["state"], &done["queued"]);
    assert_eq!((&done["id"], state, queued), (&"1".into(), &"done".into(), &8.into()), "{done}");
    let page = folder.json(&["replays", "list", &id]);
    assert_eq!(page["data"].as_array().unwrap().len(), 1, "{page}");
}

#[test]
fn nothing_is_drawn_where_there_is_no_terminal() {
    let (folder, id, _running) = replayed();
    let ended = folder.run(&["replay", &id, "--since", "1h"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "");
    assert!(!ended.stdout.contains(['\r', '\x1b']), "{ended:?}");
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let folder = Folder::new();
    folder.json(&["migrate"]);
    let doctor = |variables: &[(&str, &str)]| {
        let (code, shown) = Terminal::start(&folder, "doctor", variables).ended();
        assert_eq!(code, Some(0), "{shown}");
        shown
    };
    assert!(doctor(&[]).contains("\x1b[32mok"));
    assert!(!doctor(&[("NO_COLOR", "1")]).contains('\x1b'));
    assert!(doctor(&[("NO_COLOR", "")]).contains("\x1b[32mok"));
    assert!(!doctor(&[("TERM", "dumb")]).contains('\x1b'));
    assert!(!folder.run(&["doctor"]).stdout.contains('\x1b'));
}

#[test]
fn a_pipe_that_is_closed_early_is_no_failure() {
    let (folder, _id, _running) = replayed();
    let command = folder.command(&[]);
    let program = command.get_program().to_str().unwrap();
    for arguments in ["deliveries list", "webhooks list --json", "completions bash", "--help"] {
        let mut shell = Command::new("bash");
        shell
            .args([
                "-c",
                &format!(
                    "set -o pipefail; '{program}' {arguments} | (read line; exec <&-; sleep 0.1)"
                ),
            ])
            .current_dir(command.get_current_dir().unwrap());
        let ended = Ended::of(&mut shell);
        assert!(!ended.stderr.contains("panicked"), "{arguments}: {ended:?}");
        let ended =
            Ended::of(Command::new("bash").current_dir(command.get_current_dir().unwrap()).args([
                "-c",
                &format!("set -o pipefail; '{program}' {arguments} 2>&1 >/dev/full | head -1"),
            ]));
        assert!(!ended.stdout.contains("panicked"), "{arguments}: {ended:?}");
    }
    // Nobody reads from the beginning.
    let script =
        format!("set -o pipefail; '{program}' deliveries list | true; echo ${{PIPESTATUS[0]}}");
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(command.get_current_dir().unwrap());
    let ended = Ended::of(&mut shell);
    assert_eq!((ended.stdout.trim(), ended.stderr.as_str()), ("0", ""));
}
