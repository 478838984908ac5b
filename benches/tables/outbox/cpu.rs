//! What processes use of the processors.

use std::fs;
use std::io;

/// What all processes of a PostgreSQL server have used, those that have ended too, in seconds.
pub(crate) fn of_server(postmaster: u32) -> io::Result<f64> {
    let mut seconds = ended_children(postmaster)?;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // One that has just ended is counted among the ended ones next time.
        let is_ours = process == postmaster || parent(process).is_ok_and(|id| id == postmaster);
        if is_ours && let Ok(used) = of_process(process) {
            seconds += used;
        }
    }
    Ok(seconds)
}

/// What a process of one thread has used, in seconds.
fn of_process(process: u32) -> io::Result<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/schedstat"))?;
    let nanoseconds = text.split(' ').next().and_then(|used| used.parse::<f64>().ok());
    Ok(nanoseconds.ok_or(io::ErrorKind::InvalidData)? / 1e9)
}

fn parent(process: u32) -> io::Result<u32> {
    let fields = fields(process)?;
    fields.get(1).and_then(|id| id.parse().ok()).ok_or(io::ErrorKind::InvalidData.into())
}

/// `cutime` and `cstime`, which are in hundredths of a second.
fn ended_children(process: u32) -> io::Result<f64> {
    let fields = fields(process)?;
    let ticks = |index: usize| fields.get(index).and_then(|ticks| ticks.parse::<f64>().ok());
    let ticks = ticks(13).zip(ticks(14)).ok_or(io::ErrorKind::InvalidData)?;
    Ok((ticks.0 + ticks.1) / 100.0)
}

/// Those of `/proc/../stat` that follow the name, beginning with the state.
fn fields(process: u32) -> io::Result<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = text.rsplit_once(") ").ok_or(io::ErrorKind::InvalidData)?;
    Ok(fields.split(' ').map(str::to_owned).collect())
}

/// The most memory that this process has had, in MiB.
pub(crate) fn peak_memory() -> io::Result<f64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kibibytes.ok_or(io::ErrorKind::InvalidData)? / 1024.0)
}
