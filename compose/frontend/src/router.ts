/** The pages, and the one rule about them: without a session there is only the log-in page. */

import { watch } from "vue";
import { createRouter, createWebHistory } from "vue-router";

import ChatPage from "./pages/ChatPage.vue";
import DialogsPage from "./pages/DialogsPage.vue";
import LoginPage from "./pages/LoginPage.vue";
import { session } from "./session";

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/login", name: "login", component: LoginPage, meta: { title: "Log in" } },
    { path: "/", name: "dialogs", component: DialogsPage, meta: { title: "Dialogs" } },
    { path: "/dialog/:id", name: "dialog", component: ChatPage, props: true, meta: { title: "Chat" } },
    { path: "/:unknown(.*)", redirect: { name: "dialogs" } },
  ],
});

router.beforeEach((to) => {
  if (session.value || to.name === "login") return true;
  return { name: "login", state: { next: to.fullPath } }; // where to go on, kept with the page and out of its address
});

router.afterEach((to) => {
  document.title = `${to.meta.title} · AgentChat`;
});

// A session that ends while a page is open: enter the page again, and the rule above leads to the log-in.
watch(session, (current) => {
  if (!current) void router.replace({ path: router.currentRoute.value.fullPath, force: true });
});
