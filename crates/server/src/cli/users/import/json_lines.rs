//! JSON lines: an object on each line.

use super::line::Line;

/// Reads every line that is not blank.
pub(super) fn read(text: &[u8]) -> Vec<Line> {
    let numbered = (1_u64..).zip(text.split(|byte| *byte == b'\n'));
    let blank = |line: &[u8]| line.iter().all(u8::is_ascii_whitespace);
    numbered
        .filter(|(_, line)| !blank(line))
        .map(|(number, line)| Line {
            number,
            members: serde_json::from_slice(line).map_err(|error| {
                // The line is known; what serde_json says of lines counts within this one.
                format!("is no JSON object: {error}")
            }),
        })
        .collect()
}
