// The reading desk.

import { mountHeader } from "../shared/header.js";

mountHeader(document.querySelector(".site"), "desk");
