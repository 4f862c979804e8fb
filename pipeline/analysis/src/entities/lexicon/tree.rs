//! A tree of characters: the longest phrase from a position on, in time bounded by the longest phrase.

use std::collections::BTreeMap;

use super::Sense;
use crate::entities::fold::{NOTHING, in_word};

/// Marks without meaning that may stand between two letters of a phrase before it counts as something else.
const MARKS: usize = 3;

/// A phrase found in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::entities) struct Match {
    /// Which phrase.
    pub(in crate::entities) phrase: u32,
    /// Where it ends.
    pub(in crate::entities) end: usize,
}

#[derive(Default)]
struct Node {
    /// Sorted by character.
    next: Vec<(char, u32)>,
    phrase: Option<u32>,
}

/// All phrases of a language.
pub(super) struct Tree {
    nodes: Vec<Node>,
    senses: Vec<Vec<Sense>>,
    classes: Vec<u8>,
    /// A bit for each first character below U+10000: most characters of most texts begin no phrase.
    first: Box<[u64; 1024]>,
}

impl Tree {
    pub(super) fn build(phrases: Vec<(Vec<char>, Sense)>) -> Self {
        let mut by_text: BTreeMap<Vec<char>, Vec<Sense>> = BTreeMap::new();
        for (text, sense) in phrases {
            let text: Vec<char> = text.into_iter().filter(|c| *c != NOTHING).collect();
            assert!(!text.is_empty(), "the lexicon has an empty phrase for {sense:?}");
            let senses = by_text.entry(text).or_default();
            if !senses.contains(&sense) {
                senses.push(sense);
            }
        }
        let mut tree = Self {
            nodes: vec![Node::default()],
            senses: Vec::new(),
            classes: Vec::new(),
            first: Box::new([0; 1024]),
        };
        for (text, senses) in by_text {
            let first = text[0] as usize;
            tree.first[first / 64 % 1024] |= 1 << (first % 64);
            let mut at = 0;
            for c in text {
                at = tree.child_or_new(at, c);
            }
            tree.nodes[at].phrase = Some(u32::try_from(tree.senses.len()).expect("a lexicon has thousands of phrases"));
            tree.classes
                .push(senses.iter().fold(0, |class, sense| class | sense.class()));
            tree.senses.push(senses);
        }
        tree
    }

    fn child_or_new(&mut self, at: usize, c: char) -> usize {
        match self.nodes[at].next.binary_search_by_key(&c, |(c, _)| *c) {
            Ok(found) => self.nodes[at].next[found].1 as usize,
            Err(place) => {
                let new = self.nodes.len();
                self.nodes[at].next.insert(
                    place,
                    (c, u32::try_from(new).expect("a lexicon has thousands of letters")),
                );
                self.nodes.push(Node::default());
                new
            }
        }
    }

    /// The longest phrase from `start` that ends where a word may end.
    pub(super) fn longest(&self, folded: &[char], start: usize) -> Option<Match> {
        let first = folded[start] as usize;
        if first > 0xffff || self.first[first / 64] & (1 << (first % 64)) == 0 {
            return None;
        }
        let (mut at, mut position, mut found) = (0, start, None);
        let mut marks = 0;
        while let Some(&c) = folded.get(position) {
            if c == NOTHING {
                marks += 1;
                position += 1;
                if marks > MARKS {
                    break;
                }
                continue;
            }
            let next = &self.nodes[at].next;
            let Ok(edge) = next.binary_search_by_key(&c, |(c, _)| *c) else {
                break;
            };
            at = next[edge].1 as usize;
            position += 1;
            marks = 0;
            if let Some(phrase) = self.nodes[at].phrase {
                let mut end = position;
                while end - position < MARKS && folded.get(end) == Some(&NOTHING) {
                    end += 1;
                }
                let letter = |c: char| in_word(c) && !c.is_ascii_digit();
                let cut = letter(c) && folded.get(end).is_some_and(|next| letter(*next));
                if !cut {
                    found = Some(Match { phrase, end });
                }
            }
        }
        found
    }

    pub(super) fn class(&self, phrase: u32) -> u8 {
        self.classes[phrase as usize]
    }

    pub(super) fn senses(&self, phrase: u32) -> &[Sense] {
        &self.senses[phrase as usize]
    }
}
