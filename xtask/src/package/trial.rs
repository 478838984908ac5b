//! The image at work: it serves, and delivers by HTTP and by HTTPS.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use xtask::failure::Failure;

use super::dockerfile::Dockerfile;
use super::image::Image;
use super::running::{Client, Running};
use super::{succeed, unwritable};

/// A name that is in the image's `/etc/hosts` alone.
const NAME: &str = "hooks.test";

/// Runs the image's command, asks it whether it works, and has an event delivered.
pub(super) fn run(file: &Dockerfile, image: &Image, folder: &Path) -> Result<(), Failure> {
    let certificate = certify(folder)?;
    // As an engine writes the one, and an operator who has certificates of their own the other.
    append(&image.path("etc/hosts"), &format!("127.0.0.1 localhost {NAME}\n"))?;
    append(&image.path("etc/ssl/certs/ca-certificates.crt"), &certificate)?;

    let mut receiver = Command::new("python3");
    receiver.args(["-c", include_str!("receiver.py")]).current_dir(folder);
    receiver.args(["certificate.pem", "key.pem"]).stdin(Stdio::piped());
    let receiver = Running::start(&mut receiver, "the receiver")?;
    let ports = receiver.line()?;
    let (http, https) = ports.split_once(' ').ok_or_else(|| receiver.unexpected(&ports))?;

    let mut words = file.entrypoint.clone();
    words.extend(file.command.iter().cloned());
    // Another server of this machine may have the port.
    let place = words.iter().position(|word| word == "--listen");
    if let Some(address) = place.and_then(|place| words.get_mut(place + 1)) {
        "127.0.0.1:0".clone_into(address);
    }
    words.extend(["--json", "--allow", "127.0.0.0/8"].map(str::to_owned));
    let server = Running::start(&mut image.command(file, &words), "the image")?;
    let told = server.line()?;
    let (Some(url), Some(key)) = (member(&told, "url"), member(&told, "key")) else {
        return Err(server.unexpected(&told));
    };
    let client = Client { authority: url.rsplit('/').next().unwrap_or_default(), key };
    client.ask("GET", "/health/ready", "")?;
    let mut health = file.health.clone();
    health.push(format!("http://{}", client.authority));
    succeed(&mut image.command(file, &health), "the health check of the image")?;

    for target in [format!("http://127.0.0.1:{http}/"), format!("https://{NAME}:{https}/")] {
        let webhook = format!("{{\"targetUrl\":\"{target}\",\"operations\":[\"*.*\"]}}");
        client.ask("POST", "/api/webhooks", &webhook)?;
    }
    let event = "{\"event\":\"person.created\",\"data\":{\"id\":\"p1\"}}";
    client.ask("POST", "/api/events", event)?;
    let mut ways = [receiver.line()?, receiver.line()?];
    ways.sort();
    for (line, way) in ways.iter().zip(["http ", "https "]) {
        if !line.starts_with(way) || !line.contains("\"event\":\"person.created\"") {
            return Err(receiver.unexpected(line));
        }
    }
    println!("the image serves, and delivers by HTTP and by HTTPS");
    server.stop()
}

/// What `openssl req` is told: the certificate is its own authority, and that of a server too.
const REQUEST: &str = "\
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = hooks.test
[extensions]
subjectAltName = DNS:hooks.test
basicConstraints = critical, CA:FALSE
";

/// Makes a certificate of the name, and gives it as PEM.
fn certify(folder: &Path) -> Result<String, Failure> {
    let request = folder.join("request.cnf");
    fs::write(&request, REQUEST).map_err(|error| unwritable(&request, &error))?;
    let mut openssl = Command::new("openssl");
    openssl.current_dir(folder).stderr(Stdio::null());
    openssl.args(["req", "-x509", "-config", "request.cnf", "-days", "2", "-nodes"]);
    openssl.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    openssl.args(["-keyout", "key.pem", "-out", "certificate.pem"]);
    succeed(&mut openssl, "openssl req")?;
    let path = folder.join("certificate.pem");
    fs::read_to_string(&path).map_err(|error| unwritable(&path, &error))
}

fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let file = fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| unwritable(path, &error))
}

/// The text of a member of a flat object of JSON, in which no text has an escape.
fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = json.split_once(&format!("\"{name}\":\""))?;
    Some(after.split_once('"')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_read_by_its_whole_name() {
        let told = "{\"url\":\"http://127.0.0.1:1\",\"key\":\"hwk_1\"}";
        assert_eq!(member(told, "key"), Some("hwk_1"));
        assert_eq!(member(told, "url"), Some("http://127.0.0.1:1"));
        assert_eq!(member(told, "ur"), None);
        assert_eq!(member("{\"key\":null}", "key"), None);
    }
}
