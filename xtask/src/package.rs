//! The image of `packaging/Dockerfile`, made and run without a container engine.

mod dockerfile;
mod image;
mod running;
mod trial;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use xtask::failure::Failure;
use xtask::user::is_root;

use self::dockerfile::Dockerfile;
use self::image::Image;

/// What the Dockerfile is told: a build for a trial is not optimized, which takes minutes less.
const PROFILE: (&str, &str) = ("PROFILE", "dev");

/// Runs the build steps of the Dockerfile, lays out what the image has in it, and tries it: only
/// root can do that, since it takes another root directory.
///
/// # Errors
///
/// When a step fails, or what comes of it does not work.
pub(crate) fn run(root: &Path) -> Result<(), Failure> {
    let path = root.join("packaging/Dockerfile");
    let text = fs::read_to_string(&path).map_err(|error| {
        Failure::new(format!("`{}` could not be read: {error}", path.display()), "restore it")
    })?;
    let folder = root.join("target/package-image");
    let built = folder.join("built");
    let built_text = built.to_str().ok_or_else(|| {
        Failure::new("the path of the project is not UTF-8", "move it to another directory")
    })?;
    let file = Dockerfile::parse(&text, &[PROFILE, ("IMAGE", built_text)])?;
    // What is left of an earlier run is not what is built now.
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
    }
    for command in &file.commands {
        build(root, command, &file)?;
    }
    if !is_root() {
        let problem = "the image was built, and not run: only root can change the root directory";
        if env::var_os("CI").is_some_and(|value| value == "true") {
            return Err(Failure::new(problem, "run it as root"));
        }
        println!("{problem}");
        return Ok(());
    }
    let image = Image::lay_out(&file, &folder.join("root"))?;
    trial::run(&file, &image, &folder)?;
    // It is as large as all that is built of the command.
    fs::remove_dir_all(&folder).map_err(|error| unwritable(&folder, &error))
}

fn build(root: &Path, command: &str, file: &Dockerfile) -> Result<(), Failure> {
    let mut shell = Command::new("sh");
    shell.args(["-euc", command]).current_dir(root).envs(&file.build);
    // Neither its lines nor its numbers are looked at.
    shell.env("CARGO_PROFILE_DEV_DEBUG", "0");
    succeed(&mut shell, command)
}

/// Runs a command to its end, with its output going to the user.
fn succeed(command: &mut Command, shown: &str) -> Result<(), Failure> {
    let reason = match command.status() {
        Ok(status) if status.success() => return Ok(()),
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    Err(Failure::new(format!("`{shown}` failed: {reason}"), "correct what it reports above"))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("`{}` could not be written: {error}", path.display()),
        "check its rights, and the space that is left",
    )
}
