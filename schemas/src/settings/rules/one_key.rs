//! Reading a choice that is written as an object with one key: `{"intent": {…}}`, `{"assign": {…}}`.
//!
//! serde's own form of it says little when there are two keys, which is the mistake that people make.

use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

/// What is read so, and how it is spoken of.
pub(super) trait OneKey: Sized {
    /// What it is, for who wrote something else.
    const WHAT: &'static str;
    /// What to do about a second key.
    const OF_TWO: &'static str;

    /// Reads it as serde reads an enum.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Visits an object for what its one key says.
pub(super) struct Reader<T>(pub(super) PhantomData<T>);

impl<'de, T: OneKey> Visitor<'de> for Reader<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let read = T::read(One(&mut map, T::WHAT))?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(read),
            Some(_) => Err(A::Error::custom(format_args!("has more than one key: {}", T::OF_TWO))),
        }
    }
}

/// The first member of an object, as serde wants an enum.
struct One<'a, A>(&'a mut A, &'static str);

impl<'de, A: MapAccess<'de>> Deserializer<'de> for One<'_, A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, A: MapAccess<'de>> EnumAccess<'de> for One<'_, A> {
    type Error = A::Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), A::Error> {
        match self.0.next_key_seed(seed)? {
            Some(variant) => Ok((variant, self)),
            None => Err(A::Error::custom(format_args!("is empty, and is to be {}", self.1))),
        }
    }
}

impl<'de, A: MapAccess<'de>> VariantAccess<'de> for One<'_, A> {
    type Error = A::Error;

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        self.0.next_value_seed(seed)
    }

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.next_value()
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, A::Error> {
        Err(A::Error::custom("no choice is written as a list"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, A::Error> {
        Err(A::Error::custom("a choice has its fields in a struct of its own"))
    }
}

/// Gives an enum derived with `#[serde(remote = "Self")]`, each of whose variants holds one value, this form in JSON; in
/// formats without names, between processes, it travels as its JSON.
macro_rules! one_key {
    ($name:ident, $what:literal, $of_two:literal) => {
        impl super::one_key::OneKey for $name {
            const WHAT: &'static str = $what;
            const OF_TWO: &'static str = $of_two;

            fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // The function derived for the type itself, which goes before that of the trait.
                Self::deserialize(deserializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    return deserializer.deserialize_map(super::one_key::Reader(std::marker::PhantomData));
                }
                let json = <String as serde::Deserialize>::deserialize(deserializer)?;
                serde_json::from_str(&json).map_err(serde::de::Error::custom)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    return Self::serialize(self, serializer);
                }
                let json = serde_json::to_string(self).map_err(serde::ser::Error::custom)?;
                serializer.serialize_str(&json)
            }
        }
    };
}
pub(super) use one_key;

/// Reads a field that may be left out but is not `null`.
pub(super) fn given<'de, T: serde::Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
