//! The drawing, and the diagram that is made from it.

use std::fmt::Write as _;

use super::*;

/// The page that shows the diagram.
const PAGE: &str = include_str!("../../../docs/orders.md");

/// The drawing as a Mermaid state diagram. Transitions between the same two states share an arrow.
fn diagram() -> String {
    let mut text = "```mermaid\nstateDiagram-v2\n".to_owned();
    for (command, to) in
        [("create", Status::New), ("place", Status::AwaitingPayment), ("fail", Status::Failed)]
    {
        writeln!(text, "    [*] --> {}: {command}", to.name()).unwrap();
    }
    let mut arrows: Vec<(Status, Status)> = Vec::new();
    for edge in EDGES {
        if !arrows.contains(&(edge.from, edge.to)) {
            arrows.push((edge.from, edge.to));
        }
    }
    for (from, to) in arrows {
        let commands: Vec<&str> = EDGES
            .iter()
            .filter(|edge| (edge.from, edge.to) == (from, to))
            .map(|edge| edge.command.name())
            .collect();
        writeln!(text, "    {} --> {}: {}", from.name(), to.name(), commands.join(", ")).unwrap();
    }
    writeln!(text, "    {} --> [*]", Status::Delivered.name()).unwrap();
    text.push_str("```\n");
    text
}

#[test]
fn the_page_shows_the_drawing() {
    assert!(PAGE.contains(&diagram()), "put this into docs/orders.md:\n\n{}", diagram());
}

#[test]
fn an_edge_is_drawn_once_and_every_command_and_status_is_used() {
    for (index, edge) in EDGES.iter().enumerate() {
        let same = |other: &Edge| (other.from, other.command) == (edge.from, edge.command);
        assert!(!EDGES[index + 1..].iter().any(same), "{edge:?}");
    }
    for command in Command::ALL {
        assert!(EDGES.iter().any(|edge| edge.command == command), "{command:?}");
    }
    for status in Status::ALL {
        assert!(EDGES.iter().any(|edge| edge.from == status || edge.to == status), "{status:?}");
    }
}

#[test]
fn names_are_as_they_are_kept() {
    for status in Status::ALL {
        assert_eq!(serde_json::to_value(status).unwrap(), status.name());
    }
}
