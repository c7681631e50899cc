//! A tree into types, by the one rule for bodies: an object that a struct is read from has no member that is `null`.
//!
//! JSON that is data, such as a product's attributes or a signed cart, is read into maps and values, and keeps each `null` that was sent. Serde's
//! generosity ends here: a struct is never taken from an array, and one of several names is a string.
//!
//! What serde keeps aside to look at it again (`untagged`, `flatten`, a `tag` inside) comes to it from a place of its own and is not watched here:
//! no type that a caller's JSON is read into is declared so. Nor does any hold its JSON as raw text, or an enum with data.

use std::marker::PhantomData;

use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::faults::{Fault, What};
use super::strict::{Step, Tree};

/// The texts that a stand-in passes for where a text is required. A member that is required and missing is passed over only if one of these is a
/// valid value for it: a new type of text that accepts none of them needs one more.
pub(super) const TEXTS: [&str; 15] = [
    "a1",
    "RUB",
    "a@example.com",
    "+79991234567",
    "00000000-0000-4000-8000-000000000001",
    "2030-01-01T00:00:00.000Z",
    "stand-in 7Q plausible phrase",
    "123456",
    "https://example.com/a",
    "en",
    "Europe/Moscow",
    // A channel and a template of notifications, and a cause in one.
    "email",
    "order_placed",
    "customer",
    // A cart token.
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];

/// The name, by `#[serde(rename = "MergePatch")]`, of a struct that reads `null` itself: in a PATCH, a member that can be taken away is taken away by `null`
/// (RFC 7396), while `Option` members of the same struct take it for a member left out.
pub(super) const MERGE_PATCH: &str = "MergePatch";

/// A deserializer of a value.
#[derive(Clone, Copy)]
pub(super) struct Node<'t>(pub(super) &'t Tree);

macro_rules! numbers {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self.0 {
                Tree::StandIn(_) => visitor.visit_u64(1),
                _ => self.deserialize_any(visitor),
            }
        }
    )+};
}

macro_rules! texts {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self.0 {
                Tree::StandIn(choice) => visitor.visit_borrowed_str(TEXTS[choice % TEXTS.len()]),
                _ => self.deserialize_any(visitor),
            }
        }
    )+};
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Tree::Null | Tree::StandIn(0) => visitor.visit_unit(),
            Tree::Bool(value) => visitor.visit_bool(*value),
            Tree::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (None, Some(value), _) => visitor.visit_i64(value),
                (None, None, value) => visitor.visit_f64(value.unwrap_or_default()),
            },
            Tree::Text(text) => visitor.visit_borrowed_str(text),
            Tree::Array(elements) => self.elements(elements, visitor),
            Tree::Object(members) => visitor.visit_map(Members::new(members, Nulls::All)),
            Tree::Refused(detail) => Err(Fault::custom(detail)),
            Tree::StandIn(choice) => visitor.visit_borrowed_str(TEXTS[(choice - 1) % TEXTS.len()]),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_u128
    }

    texts! { deserialize_str deserialize_string }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Tree::StandIn(_) => visitor.visit_bool(true),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Tree::Null => visitor.visit_none(),
            Tree::StandIn(choice) if *choice >= TEXTS.len() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Tree::StandIn(_) => visitor.visit_seq(Elements { left: [].iter(), index: 0 }),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Tree::Object(_) => self.deserialize_any(visitor),
            Tree::StandIn(_) => visitor.visit_map(MapDeserializer::new(NO_MEMBERS.into_iter())),
            _ => Err(Fault::custom("must be an object")),
        }
    }

    /// A struct is an object, and its members that are `null` are not there, unless it is a [`MERGE_PATCH`].
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let Tree::Object(members) = self.0 else { return self.deserialize_map(visitor) };
        let nulls = if name == MERGE_PATCH { Nulls::Of(fields) } else { Nulls::None };
        let mut members = Members::new(members, nulls);
        let read = visitor.visit_map(&mut members);
        read.map_err(|fault| fault.of_twins(members.name()))
    }

    /// One of several names is a string.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0 {
            Tree::Text(name) => visitor.visit_enum(one_of(name)),
            Tree::StandIn(choice) if !variants.is_empty() => {
                visitor.visit_enum(one_of(variants[choice % variants.len()]))
            }
            _ => Err(Fault::custom("must be a string")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { f32 f64 char bytes byte_buf unit unit_struct identifier }
}

/// The members that a stand-in for an object has.
const NO_MEMBERS: [(&str, &str); 0] = [];

impl<'de> Node<'de> {
    fn elements<V: Visitor<'de>>(self, elements: &'de [Tree], visitor: V) -> Result<V::Value, Fault> {
        let mut elements = Elements { left: elements.iter(), index: 0 };
        let read = visitor.visit_seq(&mut elements)?;
        if elements.left.next().is_some() {
            return Err(Fault::custom("has too many elements"));
        }
        Ok(read)
    }
}

struct Elements<'t> {
    left: std::slice::Iter<'t, Tree>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let Some(element) = self.left.next() else { return Ok(None) };
        let read = seed.deserialize(Node(element));
        let read = read.map_err(|fault| fault.within(Step::Element(self.index)))?;
        self.index += 1;
        Ok(Some(read))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

/// The members whose `null` is read; the others that are `null` are passed over.
#[derive(Clone, Copy)]
enum Nulls {
    /// Each.
    All,
    /// None.
    None,
    /// Those with these names.
    Of(&'static [&'static str]),
}

impl Nulls {
    fn reads(self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Of(names) => names.contains(&name),
        }
    }
}

struct Members<'t> {
    left: std::slice::Iter<'t, (String, Tree)>,
    nulls: Nulls,
    /// The member whose name was read last.
    current: Option<&'t (String, Tree)>,
}

impl<'t> Members<'t> {
    fn new(members: &'t [(String, Tree)], nulls: Nulls) -> Self {
        Self { left: members.iter(), nulls, current: None }
    }

    fn name(&self) -> &str {
        self.current.map_or("", |(name, _)| name)
    }
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let nulls = self.nulls;
        self.current = self.left.find(|(name, value)| *value != Tree::Null || nulls.reads(name));
        let Some((name, _)) = self.current else { return Ok(None) };
        let read = seed.deserialize(Name(name, PhantomData)).map_err(|mut fault: Fault| {
            if let What::Value(detail) = fault.what {
                fault.what = What::Name(detail);
            }
            fault.within(Step::Member(name.clone()))
        })?;
        Ok(Some(read))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let (name, value) = self.current.ok_or_else(|| Fault::custom("has no value"))?;
        seed.deserialize(Node(value)).map_err(|fault| fault.within(Step::Member(name.clone())))
    }
}

/// The name of a member.
struct Name<'a, E>(&'a str, PhantomData<E>);

impl<'de, E: Error> Deserializer<'de> for Name<'_, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_enum(one_of(self.0))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct identifier ignored_any
    }
}

fn one_of<E: Error>(name: &str) -> StrDeserializer<'_, E> {
    name.into_deserializer()
}
