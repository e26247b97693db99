//! Type erasure for views, without the half that this application never uses.
//!
//! `into_any` keeps every way to render a view, asynchronous hydration among them, which only `hydrate_lazy`
//! needs: a second copy of the hydration code of everything inside, measured at a fifth of the WASM.
//! [`Erase::erase`] leaves it out.

use leptos::{
    prelude::*,
    tachys::{
        html::attribute::{Attribute, any_attribute::AnyAttribute},
        hydration::Cursor,
        ssr::StreamBuilder,
        view::{Position, PositionState, add_attr::AddAnyAttr},
    },
};

/// Makes a view's type small.
pub trait Erase {
    /// The view, as one type whatever is inside.
    fn erase(self) -> AnyView;
}

impl<T: RenderHtml> Erase for T {
    fn erase(self) -> AnyView {
        HydratedAtOnce(self).into_any()
    }
}

/// A view whose asynchronous hydration is its ordinary one.
struct HydratedAtOnce<T>(T);

impl<T: Render> Render for HydratedAtOnce<T> {
    type State = T::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        self.0.rebuild(state);
    }
}

impl<T: RenderHtml> AddAnyAttr for HydratedAtOnce<T> {
    type Output<NewAttr: Attribute> = HydratedAtOnce<T::Output<NewAttr>>;

    fn add_any_attr<NewAttr: Attribute>(self, attr: NewAttr) -> Self::Output<NewAttr>
    where
        Self::Output<NewAttr>: RenderHtml,
    {
        HydratedAtOnce(self.0.add_any_attr(attr))
    }
}

impl<T: RenderHtml> RenderHtml for HydratedAtOnce<T> {
    type AsyncOutput = HydratedAtOnce<T::AsyncOutput>;
    type Owned = HydratedAtOnce<T::Owned>;

    const MIN_LENGTH: usize = T::MIN_LENGTH;
    const EXISTS: bool = T::EXISTS;

    fn dry_resolve(&mut self) {
        self.0.dry_resolve();
    }

    async fn resolve(self) -> Self::AsyncOutput {
        HydratedAtOnce(self.0.resolve().await)
    }

    fn html_len(&self) -> usize {
        self.0.html_len()
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.0.to_html_with_buf(buf, position, escape, mark_branches, extra_attrs);
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        buf: &mut StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.0.to_html_async_with_buf::<OUT_OF_ORDER>(buf, position, escape, mark_branches, extra_attrs);
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        self.0.hydrate::<FROM_SERVER>(cursor, position)
    }

    fn into_owned(self) -> Self::Owned {
        HydratedAtOnce(self.0.into_owned())
    }
}
