//! Typed commands, kept between runs: a line each, the newest last.

use std::io::Write;
use std::path::Path;

/// Lines kept.
const KEPT: usize = 200;

/// What was typed before; nothing when there is no file or it cannot be read.
pub(super) fn load(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().filter(|l| !l.trim().is_empty()) {
        lines.retain(|l| l != line);
        lines.push(line.to_owned());
    }
    let old = lines.len().saturating_sub(KEPT);
    lines.drain(..old);
    lines
}

/// One more line. When the file has grown long it is written anew.
pub(super) fn append(file: &Path, line: &str) -> std::io::Result<()> {
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.open(file)?;
    writeln!(open, "{}", line.replace('\n', " "))?;
    if open.metadata()?.len() > 64 << 10 {
        let kept = load(file).join("\n");
        let fresh = file.with_extension("new");
        std::fs::write(&fresh, format!("{kept}\n"))?;
        std::fs::rename(fresh, file)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_once_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("state/history");
        assert!(load(&file).is_empty());
        for line in ["stop a", "ps", "stop a"] {
            append(&file, line).unwrap();
        }
        assert_eq!(load(&file), ["ps", "stop a"]);
        for n in 0..3000 {
            append(&file, &format!("a rather long line {n}")).unwrap();
        }
        assert_eq!(load(&file).len(), KEPT);
        assert!(std::fs::metadata(&file).unwrap().len() < 70 << 10);
    }
}
